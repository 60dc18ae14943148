"""The language server: it hears the protocol, asks (`asking`), and says what the answer was (`wire`). No logic here.

`serve` runs it over stdin and stdout until the client says that it should end, or is gone. `reading` is how it hears.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from threading import Event
from typing import Any, TypeVar

from lsprotocol import types as t
from pygls.exceptions import JsonRpcInvalidParams
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.server import LanguageServer

from isa.errors import TraplineError
from trapline.editing import asking
from trapline.editing.background import Verdicts
from trapline.editing.description.outline import lenses
from trapline.editing.reading import Input
from trapline.editing.texts import Settings
from trapline.editing.units import UTF16
from trapline.editing.wire import Wire, fold, markup, path
from trapline.editing.workspace import Workspace

WAITING = "verifying ..."
PAUSE = 0.1  # seconds that somebody does not write before all is looked at again
DESCRIPTION = ("isa", "trapline-isa")  # the name of a file ends so, or the client calls the language so
Found = TypeVar("Found")


class Server(LanguageServer):
    """What is open, and what is known of it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("trapline", version("trapline"), t.TextDocumentSyncKind.Full)
        self.known = Workspace(settings)
        self.uris: dict[str, str] = {}  # of what is open, as the client calls it
        self.verdicts = Verdicts(lambda name: self.refresh())
        self.pending: asyncio.TimerHandle | None = None

    @property
    def wire(self) -> Wire:
        encoding = self.server_capabilities.position_encoding or UTF16
        return Wire(lambda file, number: asking.line_of(self.known, file, number), self.uris, encoding)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What a client sent that means nothing is told in its log, and in no window."""
        self.window_log_message(t.LogMessageParams(t.MessageType.Warning, f"not understood: {str(error)[:200]}"))

    def look(self, after: float = PAUSE) -> None:
        """Say what is wrong, once nobody has written for a while."""
        if self.pending is not None:
            self.pending.cancel()
        self.pending = asyncio.get_running_loop().call_later(after, self.tell)

    def tell(self) -> None:
        for name, problems in self.known.problems().items():
            found = [self.wire.diagnostic(problem) for problem in problems]
            self.text_document_publish_diagnostics(t.PublishDiagnosticsParams(self.wire.uri(name), found))

    def refresh(self) -> None:
        """Have the client ask for verdicts again, if it can be told to."""
        workspace = self.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def at(self, params: Any, ask: Callable[..., Found], *more: Any) -> Found:
        """Ask about a cursor. What cannot be done is told as the protocol tells it."""
        file = path(params.text_document.uri)
        try:
            return ask(self.known, file, params.position.line, self.wire.column(file, params.position), *more)
        except TraplineError as error:
            raise _refused(error) from None


def _refused(error: TraplineError) -> JsonRpcInvalidParams:
    return JsonRpcInvalidParams(error.message + (f"; {error.help}" if error.help else ""))


def served(settings: Settings) -> Server:
    """A server that answers everything it can."""
    server = Server(settings)
    _texts(server)
    _names(server)
    _wholes(server)
    return server


def _texts(server: Server) -> None:
    """What is open, and what changes."""
    known = server.known

    @server.feature(t.INITIALIZE)
    def initialize(params: t.InitializeParams) -> None:
        known.settings = _settings(known.settings, params.initialization_options)

    @server.feature(t.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configure(params: t.DidChangeConfigurationParams) -> None:
        given = params.settings
        known.settings = _settings(known.settings, given.get("trapline") if isinstance(given, dict) else None)
        known.forget()
        server.look()

    @server.feature(t.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: t.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        name = path(document.uri)
        server.uris[name] = document.uri
        known.open(name, document.text, name.endswith(f".{DESCRIPTION[0]}") or document.language_id in DESCRIPTION)
        server.look(0)

    @server.feature(t.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: t.DidChangeTextDocumentParams) -> None:
        name = path(params.text_document.uri)
        if name in known.texts and params.content_changes:
            known.texts[name] = params.content_changes[-1].text
            server.verdicts.changed(name, known.texts[name])
            server.look()

    @server.feature(t.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: t.DidSaveTextDocumentParams) -> None:
        known.forget()
        server.look()

    @server.feature(t.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: t.DidCloseTextDocumentParams) -> None:
        name = path(params.text_document.uri)
        known.close(name)
        server.uris.pop(name, None)
        server.verdicts.cancel(name)
        server.text_document_publish_diagnostics(t.PublishDiagnosticsParams(params.text_document.uri, []))
        server.look()


def _settings(before: Settings, given: Any) -> Settings:
    """What a client sets: `machine`, and in `define` numbers by name. What is neither counts for nothing."""
    if not isinstance(given, dict):
        return before
    machine, define = given.get("machine"), given.get("define")
    numbers = {k: v for k, v in define.items() if isinstance(v, int)} if isinstance(define, dict) else {}
    return Settings(machine if isinstance(machine, str) and machine else before.machine, numbers or before.definitions)


def _names(server: Server) -> None:
    """What is asked of the word at a cursor."""

    @server.feature(t.TEXT_DOCUMENT_HOVER)
    def hover(params: t.HoverParams) -> t.Hover | None:
        found = server.at(params, asking.hover_at)
        text = server.client_capabilities.text_document
        formats = text.hover.content_format if text and text.hover else None
        return server.wire.hover(found, markup(formats)) if found else None

    @server.feature(t.TEXT_DOCUMENT_COMPLETION, t.CompletionOptions(trigger_characters=[".", "\\", "@", "<", ":"]))
    def completion(params: t.CompletionParams) -> t.CompletionList:
        over, found = server.at(params, asking.proposals_at)
        text = server.client_capabilities.text_document
        item = text.completion.completion_item if text and text.completion else None
        snippets, kind = bool(item and item.snippet_support), markup(item.documentation_format if item else None)
        items = [server.wire.item(p, server.wire.range(over), snippets, kind) for p in found]
        return t.CompletionList(len(items) == asking.MOST, items)

    @server.feature(t.TEXT_DOCUMENT_DEFINITION)
    def definition(params: t.DefinitionParams) -> list[t.Location]:
        return [server.wire.location(place) for place in server.at(params, asking.definitions_at)]

    @server.feature(t.TEXT_DOCUMENT_REFERENCES)
    def references(params: t.ReferenceParams) -> list[t.Location]:
        found = server.at(params, asking.references_at, params.context.include_declaration)
        return [server.wire.location(place) for place in found]

    @server.feature(t.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlight(params: t.DocumentHighlightParams) -> list[t.DocumentHighlight]:
        found = server.at(params, asking.references_at)
        file = path(params.text_document.uri)
        return [t.DocumentHighlight(server.wire.range(place)) for place in found if place.file == file]

    @server.feature(t.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: t.PrepareRenameParams) -> t.PrepareRenamePlaceholder:
        name, place = server.at(params, asking.renamed_at)
        return t.PrepareRenamePlaceholder(server.wire.range(place), name)

    @server.feature(t.TEXT_DOCUMENT_RENAME, t.RenameOptions(prepare_provider=True))
    def rename(params: t.RenameParams) -> t.WorkspaceEdit:
        return server.wire.edits(server.at(params, asking.rename_at, params.new_name))


def _wholes(server: Server) -> None:
    """What is asked of a whole text."""
    known = server.known

    @server.feature(t.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: t.DocumentSymbolParams) -> list[t.DocumentSymbol]:
        return [server.wire.entry(entry) for entry in asking.outline_of(known, path(params.text_document.uri))]

    @server.feature(t.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding(params: t.FoldingRangeParams) -> list[t.FoldingRange]:
        return [fold(found) for found in asking.folds_of(known, path(params.text_document.uri))]

    @server.feature(t.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: t.InlayHintParams) -> list[t.InlayHint]:
        file, lines = path(params.text_document.uri), params.range
        found = asking.hints_of(known, file, lines.start.line, lines.end.line)
        return [server.wire.hint(file, hint) for hint in found]

    @server.feature(t.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: t.DocumentFormattingParams) -> list[t.TextEdit]:
        found = asking.formatted_lines(known, path(params.text_document.uri))
        return [t.TextEdit(server.wire.range(place), text) for place, text in found]

    @server.feature(t.TEXT_DOCUMENT_RANGE_FORMATTING)
    def range_formatting(params: t.DocumentRangeFormattingParams) -> list[t.TextEdit]:
        lines = params.range
        found = asking.formatted_lines(known, path(params.text_document.uri), lines.start.line, lines.end.line)
        return [t.TextEdit(server.wire.range(place), text) for place, text in found]

    @server.feature(t.TEXT_DOCUMENT_CODE_LENS)
    async def lens(params: t.CodeLensParams) -> list[t.CodeLens]:
        found = known.described(path(params.text_document.uri))
        if found is None:
            return []
        verdicts = server.verdicts.ask(found[0])
        return [server.wire.lens(lens) for lens in lenses(found[0], verdicts, WAITING)]


def serve(settings: Settings) -> None:
    """Hear and answer until the client is gone. Whatever else is printed goes to stderr, and is no part of it."""
    logging.getLogger("pygls").disabled = True
    logging.getLogger().addHandler(logging.NullHandler())
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    server = served(settings)
    server.protocol.set_writer(_Output(output))
    asyncio.run(_hear(server))


async def _hear(server: Server) -> None:
    try:
        await run_async(Event(), Input(), server.protocol, error_handler=server.report_server_error)
    except (asyncio.IncompleteReadError, BrokenPipeError):
        pass  # the client is gone
    finally:
        server.verdicts.end()


class _Output(StdoutWriter):
    """Where answers go. It stays open: the process ends anyway."""

    def close(self) -> None:
        pass
