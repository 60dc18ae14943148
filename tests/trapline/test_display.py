"""How programs, comparisons and verdicts show themselves in a prompt and in a notebook."""

from isa.machine import Exit, Reason
from isa.machines.catalogue import find
from proofs.runs.compare import Comparison, Difference, Divergence
from proofs.verdict.verification import Refusal, Verification
from trapline.running import programs
from trapline.running.verdict import Verdict


def test_a_program_its_image_and_its_machine() -> None:
    program = programs.find("hello", None)
    assert repr(program) == "<program hello: machine g3, words 37, entry 0x10>"
    assert repr(program.image) == "<image for g3: words 37, entry 0x10>"
    assert repr(program.isa).startswith("<machine g3: A third-generation machine: ")


def test_a_comparison() -> None:
    end = Exit(Reason.HALT, 8, 8)
    assert repr(Comparison(8, 4, 5, end, end)) == "<equivalent: steps 8, exits 4, compared 5>"
    found = Divergence(3, 16, None, None, {}, (Difference("x[3]", "0x0", "0x400"),))
    shown = "first difference step 3, pc 0x10, x[3] 0x0 bare, 0x400 monitored"
    assert repr(Comparison(3, 1, 1, divergence=found)) == f"<not equivalent: steps 3, exits 1, compared 1, {shown}>"


def test_a_verdict() -> None:
    refused = Verification(find("g3"), (), (), (), Refusal("it is too <small>"))
    theorems = "Theorem 1 open, Theorem 2 open, Theorem 3 holds"
    assert repr(refused) == f"<verdict on g3: {theorems}>"
    assert "<tr><td>Theorem 1</td><td>open</td></tr>" in refused._repr_html_()
    assert repr(Verdict(143, "interrupted after 5 steps")) == "<verdict: interrupted after 5 steps, exit code 143>"
