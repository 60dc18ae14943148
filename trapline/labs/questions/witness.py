"""Answers that are shown by a guest, which was run before it is shown."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from isa.assembler import Image, assemble
from isa.description import Isa
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from proofs.witness.finding import Witness, Witnesses
from trapline.labs.questions.exam import NAME, exam, finding

TIMEOUT = 20.0  # seconds for a search
WORDS = 1024
USER = """# In user mode: words 0 to 3 are loaded as pc, psw, base and bound. Word 4 says afterwards what trapped.
        .entry start
        .org 0
        .word 20, 1, 0, {words}, 0, 0, 0, 0
        .word 20, 1, 0, {words}
        .org 16
start:  lps  r0, r0
        .org 20
        {name} r{d}, r{a}
"""


@lru_cache(maxsize=256)
def of_culprit(body: str, name: str = "q1") -> str:
    """A guest that runs otherwise under a monitor than bare, because of an instruction; empty if none was found."""
    isa = exam({name: body}).isa
    found = Witnesses(isa, f"{NAME}.isa:{NAME}", TIMEOUT).against(name)
    return found.text if isinstance(found, Witness) else ""


@lru_cache(maxsize=256)
def of_privilege(body: str, name: str = "q1") -> str:
    """A guest that executes the instruction in user mode, and shows that it traps there, or that it does not; empty if
    none of those that are tried shows it."""
    isa = exam({name: body}).isa
    privileged = finding(body).verdict.privileged.value == "yes"
    for text in _in_user_mode(name):
        if _traps(isa, assemble(isa, text, "user.s")) is privileged:
            return f"# {name} {'traps' if privileged else 'does not trap'} in user mode: {body}\n{text}"
    return ""


def _in_user_mode(name: str) -> Iterator[str]:
    for d, a in product(range(3), repeat=2):
        yield USER.format(words=WORDS, name=name, d=d, a=a)


def _traps(isa: Isa, image: Image) -> bool:
    """Whether the first step in user mode traps."""
    machine = _begun(isa, image)
    machine.run(1)
    end = machine.run_to_trap(1)
    return end.reason is Reason.TRAP


def _begun(isa: Isa, image: Image) -> Machine:
    machine = bare(isa, Storage(isa.word, WORDS))
    machine.load(image)
    return machine
