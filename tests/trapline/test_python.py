"""`import trapline`: every example of its page is run, and an import costs nothing. The solver's are nightly."""

import doctest
import re
from pathlib import Path

import pytest

import trapline
from isa.errors import SourceError, UsageError
from tests.trapline.test_cli import imported
from trapline import face

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
ASKING = "What is true for all states"  # of the solver


def examples(text: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def failures(text: str) -> int:
    found = doctest.DocTestParser().get_doctest(text, {}, "python.md", "docs/python.md", 0)
    return doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found).failed


def test_the_examples() -> None:
    assert failures("\n".join(examples(part) for name, part in SECTIONS.items() if name != ASKING)) == 0


@pytest.mark.nightly
def test_all_examples_and_those_that_ask_the_solver() -> None:
    assert failures(examples(PAGE)) == 0


def test_an_example_that_is_wrong_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures(examples(PAGE).partition("[guest.name")[0].replace("(32, True)", "(32, False)")) == 1
    assert "(32, False)" in capsys.readouterr().out


def test_every_name_is_documented_and_offered() -> None:
    functions = {name for name in trapline.__all__ if name[0].islower()}
    assert functions == set(re.findall(r"`(\w+)\(", PAGE.rpartition("| name |")[2]))
    made_there = {n for n, v in vars(face).items() if n[0] != "_" and getattr(v, "__module__", "") == face.__name__}
    assert made_there <= set(trapline.__all__) <= set(dir(trapline)) & set(vars(face)) | {"__version__"}
    for name in trapline.__all__:
        assert getattr(trapline, name) is getattr(face, name)
    with pytest.raises(AttributeError, match="has no attribute `nonsense`"):
        getattr(trapline, "nonsense")  # noqa: B009


def test_an_import_loads_nothing_else() -> None:
    loaded = imported("import trapline")
    assert not {name for name in loaded if name.startswith(("isa.machine", "isa.assembler", "trapline.face"))}


def test_a_guest_for_another_machine_and_what_is_said_of_mistakes() -> None:
    popf = trapline.guest("hello", trapline.load("g3_popf"))
    assert (popf.isa.name, trapline.run(popf).output) == ("g3_popf", trapline.run(trapline.guest("hello")).output)
    with pytest.raises(UsageError, match="there is no guest"):
        trapline.guest("helo")
    with pytest.raises(SourceError, match="is not defined"):
        trapline.assemble(trapline.load("g3"), ".word nowhere")
