"""A guest's exit code is where its machine's description says, and nowhere else in Python."""

import json
from pathlib import Path
from typing import Any

import pytest

from isa.errors import Source
from isa.language import Library
from isa.machine.identity import meaning_digest
from isa.machines.catalogue import find
from trapline.cli import main
from trapline.running.rig import Outfit, build

Capture = pytest.CaptureFixture[str]

X = 'override state x : word[16] @general zero[0] {0} "Registers."'
MACHINES = {
    "elsewhere": X.format("exit[5]"),
    "word": X.format("") + " add state code : word @general exit\n"
    'override instr nor "d, a, b" R(0x0b) { code <- x[d] + x[a] + x[b] }',
    "nowhere": X.format(""),
}
GUEST = "start: set r1, 1\n set r5, 5\n nor r5, r1, r1\n halt\n"


def ended(tmp_path: Path, capfd: Capture, name: str, *options: str) -> tuple[int, Any]:
    (tmp_path / "m.isa").write_text(f'variant {name} of g3 "For exit codes." {{ {MACHINES[name]} }}\n')
    guest = GUEST if name == "word" else GUEST.replace(" nor r5, r1, r1\n", "")
    (tmp_path / "x.s").write_text(guest)
    code = main(["run", str(tmp_path / "x.s"), "--isa", str(tmp_path / "m.isa"), "--json", *options])
    return code, json.loads(capfd.readouterr().out)["exit_code"]


@pytest.mark.parametrize("monitor", ["none", "trap"])
@pytest.mark.parametrize(("name", "expected"), [("elsewhere", 5), ("word", 7), ("nowhere", 0)])
def test_it_is_read_where_the_description_says(
    name: str, expected: int, monitor: str, tmp_path: Path, capfd: Capture
) -> None:
    assert ended(tmp_path, capfd, name, "--monitor", monitor) == (1 if expected else 0, expected)


@pytest.mark.parametrize(
    ("name", "place"),
    [("g3", ("x", 1)), ("riscv", ("x", 10)), ("vax", ("r", 0)), ("pentium", ("gpr", 0)), ("mc68000", ("data", 1))],
)
def test_shipped_machines_have_it_where_their_custom_is(name: str, place: tuple[str, int]) -> None:
    isa = find(name)
    assert isa.exit == place
    rig = build(isa, 4096, Outfit())
    cells = rig.machine.state[place[0]]
    assert isinstance(cells, list)
    rig.machine.state[place[0]] = [7 if i == place[1] else 0 for i in range(len(cells))]
    assert rig.exit_code == 7


def test_it_is_no_part_of_what_a_machine_means() -> None:
    text = 'variant one of g3 "One." {{ {} }}\n'
    digests = {
        meaning_digest(Library.of(Source("m.isa", text.format(X.format(mark)))).load("one"))
        for mark in ("exit[1]", "exit[2]", "")
    }
    assert len(digests) == 1


def test_the_manual_says_where(capfd: Capture) -> None:
    assert main(["machines", "riscv", "--manual"]) == 0
    assert "A guest's exit code is in `x[10]`." in " ".join(capfd.readouterr().out.split())
