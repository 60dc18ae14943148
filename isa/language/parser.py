"""From text to syntax tree: `parse` runs the grammar of `grammar.lark`; `isa.language.tree` builds the nodes.

No error of the parser generator gets out: `isa.language.wording` says each in human words.
"""

from lark.exceptions import UnexpectedInput

from isa.errors import Source, SourceError, Span
from isa.language import limits, syntax
from isa.language.grammar import grammar
from isa.language.report import Refused, refuse
from isa.language.tree import Builder
from isa.language.wording import syntax_error


def parse(source: Source) -> tuple[syntax.Declaration, ...]:
    """The machines and variants of a text. Raises SourceError."""
    try:
        _check_text(source)
        tree = grammar().parse(source.text)
        return tuple(Builder(source).built(tree))
    except UnexpectedInput as error:
        raise SourceError((syntax_error(source, error),)) from None
    except Refused as refused:
        assert refused.diagnostic
        raise SourceError((refused.diagnostic,)) from None


def _check_text(source: Source) -> None:
    start = Span(source, 1, 1, 1)
    if len(source.text) > limits.FILE_CHARACTERS:
        help = "split it: a variant may stand in a file of its own"
        raise refuse(start, f"the file has more than {limits.FILE_CHARACTERS} characters", help)
    if not source.text.strip():
        raise refuse(start, "the file is empty", 'describe a machine: `isa name "What it is." { ... }`')
    if "\0" in source.text or "\ufffd" in source.text:
        raise refuse(start, "the file is not text", "an `.isa` file is UTF-8 text")
