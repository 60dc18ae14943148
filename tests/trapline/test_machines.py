"""What is shown of a machine and of its instructions is derived from the description, and complete."""

import json
from typing import Any

import pytest

from isa.description import Role
from isa.machines.catalogue import find, shipped
from trapline.cli import main
from trapline.explaining.footprint import Touch, footprint
from trapline.explaining.manual import manual

Capture = pytest.CaptureFixture[str]


def shown(capsys: Capture, *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def facts(capsys: Capture, *arguments: str) -> Any:
    return json.loads(shown(capsys, *arguments, "--json"))


def test_all_shipped_machines_are_listed(capsys: Capture) -> None:
    assert [m["name"] for m in facts(capsys, "machines")["machines"]] == shipped()
    listed = shown(capsys, "machines")
    assert all(name in listed for name in shipped())


@pytest.mark.parametrize("name", shipped())
def test_the_manual_has_everything(name: str) -> None:
    isa, text = find(name), manual(find(name))
    for instruction in isa.instructions.values():
        assert f"### `{instruction.name} {instruction.template}".rstrip() in text
        assert instruction.doc in text
    assert all(f"| `{state}` |" in text for state in isa.states)
    assert all(f"@{role.value}" in text for role in Role if isa.roles[role])
    assert all(f"| {cause} |" in text for cause in isa.cause.members)
    assert all(f"| `{pseudo} " in text or f"| `{pseudo}`" in text for pseudo in isa.pseudos)


def test_in_a_pipe_the_manual_is_markdown(capsys: Capture) -> None:
    text = shown(capsys, "machines", "g3", "--manual")
    assert text.startswith("# g3\n") and text == manual(find("g3"))
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("name", "reads", "writes", "tests"),
    [
        ("add", {"x[a]", "x[b]"}, {"x[d]"}, set()),
        ("setie", set(), {"psw.ie"}, {"psw.mode"}),
        ("rpsw", {"psw", "psw.mode", "psw.ie"}, {"x[d]"}, {"psw.mode"}),
        ("out", {"x[a]", "x[d]"}, {"port[...]"}, {"psw.mode"}),
        ("sw", {"base", "x[a]", "x[d]"}, {"storage"}, {"base", "bound", "size(storage)", "x[a]"}),
    ],
)
def test_a_footprint_is_found_in_the_meaning(name: str, reads: set[str], writes: set[str], tests: set[str]) -> None:
    isa = find("g3")
    found = footprint(isa, isa.instructions[name].behaviour)
    assert {t.name for t in found.reads} == reads
    assert {t.name for t in found.writes} == writes
    assert {t.name for t in found.tests} == tests


def test_roles_come_from_the_description() -> None:
    isa = find("g3")
    assert Touch("psw.mode", "mode") in footprint(isa, isa.instructions["lpsw"].behaviour).writes


@pytest.mark.parametrize("name", find("g3").instructions)
def test_every_instruction_can_be_explained(name: str, capsys: Capture) -> None:
    text = shown(capsys, "explain", "g3", name)
    for part in ("meaning", "reads", "writes", "tests", "traps", "the Python that runs it"):
        assert f"\n{part}" in text
    found = facts(capsys, "explain", "g3", name)
    assert sum(field["bits"] for field in found["fields"]) == find("g3").word
    compile(found["python"], name, "exec")


def test_a_pseudo_instruction_shows_what_it_stands_for(capsys: Capture) -> None:
    assert "stands for\n  lui d, w[31:16]\n" in shown(capsys, "explain", "g3", "li")


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        (["explain", "g3", "lpws"], "g3 has no instruction `lpws`", "did you mean `lpsw`"),
        (["machines", "--manual"], "--manual needs the name of a machine", "machines g3 --manual"),
        (["machines", "g4"], "g4", "g3"),
    ],
)
def test_what_does_not_exist_is_wrong_usage(arguments: list[str], message: str, help: str, capsys: Capture) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and help in error
