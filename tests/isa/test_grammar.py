"""The grammar has no conflicts, no two terminals collide, and every terminal has words for an error."""

import re
from importlib.resources import files

import interegular
import pytest
from lark import Lark

from isa.errors import Source, SourceError
from isa.language import grammar as grammar_module
from isa.language import parser as parser_module
from isa.language.grammar import grammar, tables_of
from isa.language.parser import parse
from isa.language.wording import _GROUPS, _WORDS
from tests.sizes import sized

TEXT = files("isa.language").joinpath("grammar.lark").read_text("utf-8")


def test_there_are_no_conflicts() -> None:
    assert interegular  # without it lark does not look for terminals that collide
    Lark(TEXT, parser="lalr", lexer="contextual", strict=True, propagate_positions=True, maybe_placeholders=False)


def test_a_conflict_would_be_noticed() -> None:
    broken = TEXT.replace(
        "?comparison: or_\n", "?comparison: comparison COMPARE comparison -> binary\n           | or_\n"
    )
    assert broken != TEXT
    with pytest.raises(Exception, match="conflict"):
        Lark(broken, parser="lalr", strict=True)


def test_every_terminal_is_named_in_the_grammar() -> None:
    assert not [t.name for t in grammar().terminals if t.name.startswith("__")]


def test_every_terminal_has_words() -> None:
    grouped = {name for _, _, members in _GROUPS for name in members}
    for terminal in grammar().terminals:
        if terminal.name not in grammar().lexer_conf.ignore and terminal.pattern.type == "re":
            assert terminal.name in _WORDS or terminal.name in grouped, terminal.name
    assert grouped <= {t.name for t in grammar().terminals}


SOURCE = files("isa").joinpath("machines").joinpath("g3.isa").read_text("utf-8")
TOKENS = [m.start() for m in re.finditer(r"\w+|[^\w\s]", SOURCE)]


@pytest.mark.parametrize("cut", TOKENS[:: len(TOKENS) // sized(20, 40)])
def test_a_file_cut_anywhere_is_explained_without_jargon(cut: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse(Source("cut.isa", SOURCE[:cut] + " ] "))
    said = caught.value.render()
    assert "cannot stand here" in said or "does not end" in said or "ends too early" in said
    assert not [t.name for t in grammar().terminals if re.search(rf"(?<![\w`]){t.name}(?![\w`])", said)]


def test_the_parser_from_kept_tables_is_the_one_that_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    built = Lark(TEXT, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)
    form = grammar_module._TABLES
    loaded = Lark.load(form.parse(form.dump(tables_of(TEXT))))  # type: ignore[arg-type]
    assert terminals(loaded) == terminals(built)
    assert loaded.parse(SOURCE) == built.parse(SOURCE)
    said = []
    for parser in (built, loaded):
        monkeypatch.setattr(parser_module, "grammar", lambda parser=parser: parser)
        said.append([explained(SOURCE[:cut] + end) for cut in TOKENS[:600:20] for end in (" ] ", "", " $")])
    assert said[0] == said[1]
    assert len(set(said[0])) > 40


def terminals(parser: Lark) -> list[tuple[str, str, int]]:
    return [(t.name, t.pattern.to_regexp(), t.priority) for t in parser.terminals]


def explained(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        parse(Source("cut.isa", text))
    return caught.value.render()
