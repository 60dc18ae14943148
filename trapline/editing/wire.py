"""Our answers as the Language Server Protocol writes them, and its places as ours. `server` says when."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from lsprotocol import types as t

from trapline.editing.answers import Edit, Entry, Fold, Hint, Hover, Lens, Place, Problem, Proposal, Sort, place_of
from trapline.editing.texts import path_of
from trapline.editing.units import UTF16, column, units

K, C = t.SymbolKind, t.CompletionItemKind
SYMBOLS = {
    Sort.LABEL: K.Function,
    Sort.CONSTANT: K.Constant,
    Sort.MACRO: K.Module,
    Sort.INSTRUCTION: K.Method,
    Sort.SHORTHAND: K.Method,
    Sort.MACHINE: K.Class,
    Sort.STATE: K.Variable,
    Sort.TYPE: K.TypeParameter,
    Sort.ENUM: K.Enum,
    Sort.FUNCTION: K.Function,
    Sort.OPERAND: K.Property,
    Sort.FORMAT: K.Struct,
    Sort.EVENT: K.Event,
}
ITEMS = {
    Sort.LABEL: C.Reference,
    Sort.CONSTANT: C.Constant,
    Sort.MACRO: C.Module,
    Sort.PARAMETER: C.Variable,
    Sort.INSTRUCTION: C.Function,
    Sort.SHORTHAND: C.Function,
    Sort.DIRECTIVE: C.Keyword,
    Sort.REGISTER: C.Variable,
    Sort.MEMBER: C.EnumMember,
    Sort.FILE: C.File,
    Sort.MACHINE: C.Class,
    Sort.STATE: C.Variable,
    Sort.FIELD: C.Field,
    Sort.TYPE: C.TypeParameter,
    Sort.ENUM: C.Enum,
    Sort.FUNCTION: C.Function,
    Sort.OPERAND: C.Property,
    Sort.FORMAT: C.Struct,
    Sort.LOCAL: C.Variable,
    Sort.ROLE: C.Value,
    Sort.WORD: C.Keyword,
}


def path(uri: str) -> str:
    """The path of a file; what is no file keeps its URI as its name."""
    parts = urlsplit(uri)
    return os.path.normpath(unquote(parts.path)) if parts.scheme == "file" and parts.path else uri


def uri(name: str) -> str:
    """What we call a text on the wire."""
    found = path_of(name)
    return f"file://{quote(found)}" if os.path.isabs(found) else found


@dataclass(frozen=True)
class Wire:
    """`line(file, number)` is a line of a text as it is now, `uris` what the client calls what it has open, `encoding`
    how columns are counted."""

    line: Callable[[str, int], str]
    uris: Mapping[str, str]
    encoding: str = UTF16

    def uri(self, name: str) -> str:
        """What a text is called on the wire."""
        return self.uris.get(name) or uri(name)

    def column(self, file: str, position: t.Position) -> int:
        return column(self.line(file, position.line), position.character, self.encoding)

    def position(self, file: str, line: int, at: int) -> t.Position:
        return t.Position(line, units(self.line(file, line), at, self.encoding))

    def range(self, place: Place) -> t.Range:
        start = self.position(place.file, place.line, place.column)
        return t.Range(start, self.position(place.file, place.line, place.end))

    def location(self, place: Place) -> t.Location:
        return t.Location(self.uri(place.file), self.range(place))

    def lines(self, file: str, first: int, last: int) -> t.Range:
        """Whole lines, without the end of the last one."""
        return t.Range(t.Position(first, 0), self.position(file, last, len(self.line(file, last))))

    def diagnostic(self, problem: Problem) -> t.Diagnostic:
        notes = [
            t.DiagnosticRelatedInformation(self.location(place_of(span)), label)
            for span, label in problem.diagnostic.notes
        ]
        return t.Diagnostic(
            range=self.range(place_of(problem.diagnostic.span)),
            message=problem.text,
            severity=t.DiagnosticSeverity(problem.severity.value),
            source="trapline",
            related_information=notes or None,
        )

    def hover(self, found: Hover, kind: t.MarkupKind) -> t.Hover:
        return t.Hover(t.MarkupContent(kind, found.text), self.range(found.place))

    def entry(self, entry: Entry) -> t.DocumentSymbol:
        return t.DocumentSymbol(
            name=entry.name,
            detail=entry.detail,
            kind=SYMBOLS[entry.sort],
            range=self.lines(entry.place.file, entry.place.line, entry.last),
            selection_range=self.range(entry.place),
            children=[self.entry(child) for child in entry.children],
        )

    def edits(self, edits: Iterable[Edit]) -> t.WorkspaceEdit:
        found: dict[str, list[t.TextEdit]] = {}
        for place, text in edits:
            found.setdefault(self.uri(place.file), []).append(t.TextEdit(self.range(place), text))
        return t.WorkspaceEdit(changes=dict(found))

    def item(self, proposal: Proposal, over: t.Range, snippets: bool, kind: t.MarkupKind) -> t.CompletionItem:
        """`over` is what has been begun of the word."""
        as_snippet = snippets and bool(proposal.snippet)
        return t.CompletionItem(
            label=proposal.name,
            kind=ITEMS[proposal.sort],
            detail=proposal.detail or None,
            documentation=t.MarkupContent(kind, proposal.doc) if proposal.doc else None,
            insert_text_format=t.InsertTextFormat.Snippet if as_snippet else t.InsertTextFormat.PlainText,
            text_edit=t.TextEdit(over, proposal.snippet if as_snippet else proposal.name),
        )

    def hint(self, file: str, hint: Hint) -> t.InlayHint:
        return t.InlayHint(self.position(file, hint.line, hint.column), hint.text, padding_left=True)

    def lens(self, lens: Lens) -> t.CodeLens:
        return t.CodeLens(self.range(lens.place), t.Command(lens.title, ""))


def fold(fold: Fold) -> t.FoldingRange:
    kind = t.FoldingRangeKind.Comment if fold.comment else t.FoldingRangeKind.Region
    return t.FoldingRange(fold.first, fold.last, kind=kind)


def markup(formats: Sequence[t.MarkupKind] | None) -> t.MarkupKind:
    """How to write texts for a client that has said what it can show. Ours can be read as they are, too."""
    return t.MarkupKind.Markdown if t.MarkupKind.Markdown in (formats or ()) else t.MarkupKind.PlainText
