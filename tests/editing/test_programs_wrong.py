"""What is wrong with a program is said in an editor as `trapline asm` says it, and at the same places."""

import os
from pathlib import Path

import pytest

from isa.errors import SourceError
from tests.editing.cases import GUESTS, messages, opened
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.editing.assembly import program
from trapline.editing.texts import Settings
from trapline.running.programs import find

BAD = Path(__file__).parents[1] / "isa" / "bad_asm"
BUGS = Bugs()


def refused(path: Path) -> list[str]:
    """What the command line says of a file; nothing of one that it assembles."""
    try:
        find(str(path), None)
    except SourceError as error:
        return [d.render() for d in error.diagnostics]
    return []


def sources() -> list[Path]:
    found = sorted(BAD.glob("*.s"))
    assert len(found) > 30
    return [*found, GUESTS / "echo.s", GUESTS / "jrst.s"]


def check_that_they_say_the_same() -> None:
    for path in sources():
        ((program, _),) = opened(path).programs(str(path))
        assert [p.diagnostic.render() for p in program.problems] == refused(path), path.name


def test_an_editor_says_what_the_command_line_says() -> None:
    check_that_they_say_the_same()


@BUGS.caught_by(check_that_they_say_the_same)
def only_the_first(patch: Patch) -> None:
    """One mistake at a time, as of an exception that is caught as usual."""
    real = program.attempt

    def attempt(*rest: object) -> object:
        found = real(*rest)  # type: ignore[arg-type]
        return found._replace(diagnostics=found.diagnostics[:1])

    patch.setattr(program, "attempt", attempt)


@BUGS.caught_by(check_that_they_say_the_same)
def includes_from_where_the_server_runs(patch: Patch) -> None:
    patch.setattr(program, "Folder", lambda path, texts: FOLDER("x.s", texts))


FOLDER = program.Folder


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- headers, machines


def said(folder: Path, text: str, **others: str) -> list[str]:
    for name, content in others.items():
        (folder / f"{name}.isa").write_text(content)
    path = folder / "it.s"
    workspace = opened(path, text)
    return [
        f"{p.diagnostic.span.line}:{p.diagnostic.span.column} {p.severity.name} {p.text}"
        for p in workspace.problems()[str(path)]
    ]


def test_what_is_wrong_with_a_header_stands_at_its_line(tmp_path: Path) -> None:
    assert said(tmp_path, "# Words.\n# machine: g33\nhalt\n") == [
        "2:1 ERROR there is no machine called `g33`\nhelp: did you mean `g3`?"
    ]
    assert said(tmp_path, "# steps: 5\n# exit: maybe\nhalt\n") == [
        f"2:1 ERROR {tmp_path}/it.s: `exit: maybe` is not understood\nhelp: write `# exit: 0`, or `# exit: r1 = 0`"
    ]
    assert said(tmp_path, "# print: x\nhalt\n") == [
        "1:1 WARNING `print:` is not a key of a header\nhelp: did you mean `prints:`?"
    ]


def test_an_empty_program_is_no_more_than_a_warning(tmp_path: Path) -> None:
    assert [line.split(":")[1][:9] for line in said(tmp_path, "# Nothing.\n")] == ["1 WARNING"]


def test_a_machine_is_looked_for_beside_the_program_and_nowhere_else(tmp_path: Path) -> None:
    mine = 'variant mine of g3 "Mine." { add instr jrst "k(a)" M(0x90) { psw.mode <- user } }'
    assert said(tmp_path, "# machine: mine.isa\njrst 0(r1)\n", mine=mine) == []
    (outside := tmp_path / "outside.isa").write_text(mine)
    inside = tmp_path / "inside"
    inside.mkdir()
    os.symlink(outside, inside / "link.isa")
    for name in ("../outside.isa", "link.isa", str(outside)):
        assert "only regular files in or below" in said(inside, f"# machine: {name}\njrst 0(r1)\n")[0], name
    assert said(inside, "# machine: /etc/passwd\nhalt\n")[0].startswith("1:1 ERROR there is no machine called")
    assert said(inside, "# machine: none.isa\nhalt\n")[0].startswith("1:1 ERROR cannot read `")


def test_a_machine_that_is_refused_is_told_at_the_line_that_names_it(tmp_path: Path) -> None:
    (found,) = said(tmp_path, "# machine: mine.isa\nhalt\n", mine='variant mine of g4 "Mine." { }')
    assert found.startswith(f"1:1 ERROR {tmp_path}/mine.isa:1:17: ") and "g4" in found


def test_includes_stay_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.s").write_text(".word nowhere\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    found = said(inside, '.include "../secret.s"\nhalt\n')
    assert len(found) == 1 and "it leads out of the directory" in found[0]
    workspace = opened("untitled:one", '.include "secret.s"\n.include <macros.s>\nhalt\n')
    assert "this text may not include files" in next(messages(workspace, "untitled:one"))


def test_a_setting_chooses_the_machine_and_defines_constants(tmp_path: Path) -> None:
    path = tmp_path / "it.s"
    settings = Settings("g3_jrst", {"LIMIT": 9})
    assert list(messages(opened(path, "jrst LIMIT(r1)\n", settings), path)) == []
    assert len(list(messages(opened(path, "# machine: g3\njrst LIMIT(r1)\n", settings), path))) == 1


# ---- several texts


def two(folder: Path, root: str, part: str) -> tuple[Path, Path]:
    (folder / "root.s").write_text(root)
    (folder / "part.s").write_text(part)
    return folder / "root.s", folder / "part.s"


def test_a_part_is_wrong_as_the_program_that_includes_it_says(tmp_path: Path) -> None:
    root, part = two(tmp_path, '.include "part.s"\n.equ N, 3\n', ".word N, M\n")
    workspace = opened(root)
    (found,) = messages(workspace, root)
    assert found.startswith(f"{root}:1:1: error: {part}:1:10: `M` is not defined")
    workspace.open(str(part), part.read_text(), description=False)
    assert list(messages(workspace, root)) == []
    assert next(messages(workspace, part)).startswith(f"{part}:1:10: error: `M` is not defined")
    workspace.close(str(root))
    assert "`N` is not defined" in next(messages(workspace, part))


def test_a_description_that_is_being_written_counts_for_its_programs(tmp_path: Path) -> None:
    mine = tmp_path / "mine.isa"
    mine.write_text('variant mine of g3 "Mine." { add instr jrst "k(a)" M(0x90) { psw.mode <- user } }')
    path = tmp_path / "it.s"
    workspace = opened(path, "# machine: mine.isa\nstart:  jrst 0(r1)\n")
    assert list(messages(workspace, path)) == []
    workspace.open(str(mine), mine.read_text().replace("jrst", "leap"), description=True)
    assert "`jrst` is not an instruction of mine" in next(messages(workspace, path))
    workspace.texts[str(mine)] = 'variant mine of g3 "Mine." {'
    assert list(messages(workspace, path)) == [] and len(list(messages(workspace, mine))) == 1


def test_what_is_open_counts_in_place_of_its_file(tmp_path: Path) -> None:
    root, part = two(tmp_path, '.include "part.s"\n', ".word 1\n")
    workspace = opened(root)
    workspace.open(str(part), "oops\n", description=False)
    assert "`oops` is not an instruction" in next(messages(workspace, part))
    workspace.texts[str(part)] = ".word 2\n"
    assert workspace.problems() == {str(root): [], str(part): []}
    workspace.close(str(part))
    part.write_text(".word M, M\n")
    assert len(list(messages(workspace, root))) == 2
