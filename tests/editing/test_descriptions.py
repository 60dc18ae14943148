"""Descriptions in an editor: what is wrong, what names mean and where they stand, rename, outline, completion."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from isa.errors import SourceError, TraplineError
from isa.language import syntax
from isa.language.library import Library, read_source
from tests.editing.cases import MACHINES, ROOT, after, messages, opened, place, written
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import NIGHTLY
from trapline.editing.answers import Fold, Sort
from trapline.editing.asking import (
    definitions_at,
    folds_of,
    hover_at,
    outline_of,
    proposals_at,
    references_at,
    rename_at,
    renamed_at,
)
from trapline.editing.description import keywords, uses
from trapline.editing.description.library import Described
from trapline.editing.description.outline import Verdict, lenses
from trapline.editing.workspace import Workspace

BUGS = Bugs()
BAD = ROOT / "tests" / "isa" / "bad"
TINY = re.search(r"```\n(isa tiny .*?)```", (ROOT / "docs" / "language.md").read_text("utf-8"), re.DOTALL)
assert TINY
TEXT = TINY[1]


def refused(path: Path) -> list[str]:
    """What the command line says of the machines of a file, one after the other, each thing once."""
    found: dict[str, str] = {}
    try:
        library = Library.of(read_source(str(path)))
        for name in library.declarations:
            try:
                library.load(name)
            except SourceError as error:
                for d in error.diagnostics:
                    found.setdefault(f"{d.span} {d.message}", d.render())
    except SourceError as error:
        return [d.render() for d in error.diagnostics]
    return list(found.values())


def test_an_editor_says_what_the_command_line_says() -> None:
    paths = sorted(BAD.glob("*.isa"))
    assert len(paths) > 200
    for path in paths[::20]:
        assert list(messages(opened(path), path)) == refused(path) != [], path.name


@pytest.mark.nightly
def test_an_editor_says_so_of_every_bad_description() -> None:
    for path in sorted(BAD.glob("*.isa")):
        assert list(messages(opened(path), path)) == refused(path) != [], path.name


def test_several_machines_are_wrong_at_once(tmp_path: Path) -> None:
    path = tmp_path / "two.isa"
    text = TEXT.replace("=> add", "=> nowhere") + 'variant other of g3 "Other." { delete instr nowhere }\n'
    found = list(messages(opened(path, text), path))
    assert [line.split("error: ")[1].split("\n")[0] for line in found] == [
        "no instruction is called `nowhere`",
        "no instr of `g3` is called `nowhere`",
    ]


# ---- names


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("description") / "tiny.isa"


@pytest.fixture(scope="module")
def workspace(path: Path) -> Workspace:
    return opened(path, TEXT)


def names_at(workspace: Workspace, path: Path, found: str) -> tuple[list[str], list[str]]:
    at = place(workspace, path, found)
    return written(workspace, definitions_at(*at)), written(workspace, references_at(*at))


@pytest.mark.parametrize(
    ("found", "defined", "used"),
    [
        ("pc <- p|c + 1", "pc", 6),
        ("mode <- super|visor", "supervisor", 2),
        ("state mode    : Mo|de", "Mode", 2),
        ("{ x[|d] <- x[d] + x[a] }", "d", 6),
        ("mem[x[a] + sext(|k)]", "k", 3),
        ("execute m|em[pc]", "mem", 3),
        ("trap illegal|(insn)", "illegal", 2),
        ('instr load "d, k(a)" F|(2)', "F", 3),
        ('nop "" => a|dd', "add", 2),
        ("variant tinier of ti|ny", "tiny", 2),
        ("d:re|g a:reg", "reg", 3),
        ("override state |x", "x", 1),
        ("storage[1] <- zext(ca|use)", "cause", 2),
        ("format F(o|p)", "op", 2),
    ],
)
def test_a_name_is_where_it_is_declared(workspace: Workspace, path: Path, found: str, defined: str, used: int) -> None:
    definitions, references = names_at(workspace, path, found)
    assert [d.split(": ")[1] for d in definitions] == [defined]
    assert (len(references) == used and definitions[0] in references) or defined == "x"
    assert {r.split(": ")[1] for r in references} == {defined}


@cache
def read(file: Path) -> Described:
    """A description, parsed and not checked."""
    source = read_source(str(file))
    return Described(source, Library.of(source), {}, ())


def named() -> Iterator[tuple[str, str]]:
    """Every word of the shipped descriptions that means something, as it is written and as what it means."""
    for file in sorted(MACHINES.rglob("*.isa")) if NIGHTLY else [MACHINES / "g3.isa"]:
        described = read(file)
        for use in uses.uses_of(described):
            text = described.lines[use.place.line][use.place.column : use.place.end]
            yield text, use.named.name


def check_places() -> None:
    found = list(named())
    assert len(found) > 800
    assert [pair for pair in found if pair[0] != pair[1]] == []


def test_every_name_stands_where_it_is_said_to_stand() -> None:
    check_places()


WORDS = re.compile(r'"[^"\n]*"|#[^\n]*|0x\w+|0b\w+|<=?u|>=?u|<=?s|>=?s|>>[us]|[/%][us]|@?[A-Za-z_][\w]*')


def check_coverage() -> None:
    """Of a shipped description every word means something, unless it is one of the language."""
    described = read(MACHINES / "g3.isa")
    meant = {(u.place.line, u.place.column) for u in uses.uses_of(described)}
    language = {*keywords.CHANGES, *keywords.ITEMS, *keywords.WHOLES, *keywords.STATEMENTS, *keywords.VALUES, "bool"}
    aliases = {"sp", "ra"}
    for number, line in enumerate(described.lines):
        for match in WORDS.finditer(line):
            word = match[0]
            if word[0] in '"#0<>/%' or word in {*language, *keywords.PARTS, *aliases}:
                continue
            assert (number, match.start()) in meant, f"{number + 1}: {word}"


def test_every_word_of_a_description_means_something() -> None:
    check_coverage()


@BUGS.caught_by(check_coverage)
def lets_are_overlooked(patch: Patch) -> None:
    real = uses._Walk.visit
    patch.setattr(uses._Walk, "visit", lambda self, node: None if isinstance(node, syntax.Let) else real(self, node))


@BUGS.caught_by(check_coverage)
def templates_of_formats_are_overlooked(patch: Patch) -> None:
    patch.setattr(uses._Walk, "pieces", lambda self, item: None)


@BUGS.caught_by(check_places)
def a_column_off(patch: Patch) -> None:
    real = uses.place_of
    patch.setattr(uses, "place_of", lambda span: real(span)._replace(column=span.column))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def test_a_rename_writes_every_place(workspace: Workspace, path: Path) -> None:
    edits = rename_at(*place(workspace, path, "state |pc"), "counter")
    text = after(workspace, edits)[str(path)]
    assert "pc" not in re.sub(r'"[^"]*"|@\w+', "", text)
    assert list(messages(opened(path, text), path)) == []
    edits = rename_at(*place(workspace, path, "{ x[|d] <- x[d] + x[a] }"), "to")
    assert '"to, a"' in (text := after(workspace, edits)[str(path)]) and "to:reg" in text
    assert list(messages(opened(path, text), path)) == []


def test_a_rename_that_cannot_be_is_refused(workspace: Workspace, path: Path) -> None:
    for found, name, why in (
        ("state |pc", "mode", "would be wrong"),
        ("state |pc", "if", "would be wrong"),
        ("state |pc", "a b", "is not a name"),
        ("@ge|neral zero[0]\nview", "pc", "there is no name here"),
    ):
        with pytest.raises(TraplineError, match=why):
            rename_at(*place(workspace, path, found), name)
    other = opened(path, 'variant mine of g3 "Mine." { override instr rtim "d" D(0x84) { x[d] <- timer } }')
    with pytest.raises(TraplineError, match="not declared in this file"):
        renamed_at(*place(other, path, "D|(0x84)"))
    assert definitions_at(*place(other, path, "D|(0x84)"))[0].file == "isa/machines/g3.isa"


# ---- what is said, and what may be written


def told(workspace: Workspace, path: Path, found: str) -> str:
    hover = hover_at(*place(workspace, path, found))
    return hover.text if hover else ""


def test_words_are_told(workspace: Workspace, path: Path) -> None:
    assert told(workspace, path, "instr lo|ad").startswith("### `load d, k(a)`")
    assert told(workspace, path, "mode <- super|visor").startswith("`Mode.supervisor` = 0\n\n```isa\nenum Mode")
    assert "an operand of format `F`, `reg`" in told(workspace, path, "{ x[|d] <- x[d] + x[a] }")
    assert "wider, copies of the sign" in told(workspace, path, "se|xt(k)")
    assert "the address of the instruction" in told(workspace, path, "@p|c")
    assert told(workspace, path, '"Ad|d."') == ""


def offered(path: Path, text: str) -> set[str]:
    """What may stand where `|` stands in a description that is being written."""
    workspace = opened(path, text.replace("|", ""))
    at = text.index("|")
    line, column = text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)
    return {p.name for p in proposals_at(workspace, str(path), line, column)[1]}


def test_what_may_be_written_depends_on_where(path: Path) -> None:
    head, tail = TEXT.split("step {")
    for written_, some, none in (
        (f"|{TEXT}", {"isa", "variant"}, {"state"}),
        (f"{head}|step {{{tail}", {"state", "instr"}, {"let", "pc"}),
        (f"{head}state y : word @|\nstep {{{tail}", {"general", "mode"}, {"state"}),
        (f"{head}state y : |\nstep {{{tail}", {"word", "Mode"}, {"pc"}),
        (f"{head}step {{ let q = p|\n{tail}", {"pc", "mem", "user", "zext", "let"}, {"state"}),
        (f"{head}step {{ trap |\n{tail}", {"illegal", "memory"}, {"pc"}),
        (f"{head}step {{ mode <- Mode.|\n{tail}", {"user", "supervisor"}, {"pc"}),
        (TEXT.replace("F(2)        {", "F(2) { x[|"), {"d", "k", "x"}, {"instr"}),
        (TEXT.replace('load "d, k(a)" F(2)', 'load "d, k(a)" |'), {"F"}, {"pc"}),
        (TEXT.replace("k:imm", "k:|"), {"reg", "imm"}, {"pc"}),
        (TEXT.replace("tinier of tiny", "tinier of |"), {"tiny", "g3"}, {"pc"}),
        (TEXT.replace("{ override", "{ delete instr |"), {"add", "load"}, {"nop", "pc"}),
        (TEXT.replace("{ override", "{ |"), {"override", "delete"}, {"pc"}),
        (TEXT.replace("Add.", "Ad|d."), set(), {"isa", "pc", "state"}),
        (f"# |\n{TEXT}", set(), {"isa"}),
    ):
        found = offered(path, written_)
        assert some <= found and not none & found, (written_.split("|")[0][-30:], found)


def test_one_broken_item_leaves_the_others_known(path: Path) -> None:
    for broken in (TEXT.replace("F(1)", "F(1"), TEXT.replace("x[d] + x[a] }", "x[d] + x[a]")):
        workspace = opened(path, broken)
        assert len(list(messages(workspace, path))) == 1
        names = [e.name for e in outline_of(workspace, str(path))[0].children]
        assert {"word", "mem", "step", "nop"} <= set(names)
        assert written(workspace, definitions_at(*place(workspace, path, "on reset { mo|de")))[0].endswith(": mode")


def test_the_outline_has_machines_and_their_items(workspace: Workspace, path: Path) -> None:
    tiny, tinier = outline_of(workspace, str(path))
    assert (tiny.name, tiny.sort, tinier.detail) == ("tiny", Sort.MACHINE, "variant of tiny")
    assert [e.name for e in tiny.children][:4] == ["word", "Mode", "Cause", "storage"]
    assert [e.name for e in tinier.children] == ["x"]
    assert all(tiny.place.line <= e.place.line <= e.last <= tiny.last < tinier.place.line for e in tiny.children)
    assert folds_of(workspace, str(path)) == [Fold(0, TEXT.count("\n", 0, TEXT.index("\n}\n")))]


def test_a_verdict_stands_above_what_the_text_brings(workspace: Workspace, path: Path) -> None:
    found = workspace.described(str(path))
    assert found is not None
    verdict = Verdict("Theorem 1 holds", {"add": "innocuous", "load": "fine", "nowhere": "no"})
    titles = [(lens.place.line, lens.title) for lens in lenses(found[0], {"tiny": verdict}, "waiting")]
    first = TEXT.count("\n", 0, TEXT.index("instr add"))
    assert titles == [(0, "Theorem 1 holds"), (first, "innocuous"), (first + 1, "fine"), (first + 4, "waiting")]


def test_the_words_of_the_language_are_those_of_the_grammar() -> None:
    grammar = (ROOT / "isa" / "language" / "grammar.lark").read_text("utf-8")
    known = {*keywords.CHANGES, *keywords.ITEMS, *keywords.WHOLES, *keywords.STATEMENTS, *keywords.PARTS}
    functions = {"unknown", "insn", "size", "recv", "send", "zext", "sext", "true", "false"}
    assert known | {"unknown"} == set(re.findall(r'^_?[A-Z]+: "([a-z]+)"$', grammar, re.MULTILINE))
    assert set(keywords.VALUES) == functions
    assert all(keywords.told(f"@{role.value}") for role in keywords.ROLES)
