"""The language server over the wire, with a client that nobody here wrote. One server answers all of this."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lsprotocol import types as t
from pytest_lsp.client import LanguageClient, make_test_lsp_client

from tests.editing.cases import MACHINES
from tests.editing.test_descriptions import TEXT as TINY
from trapline.cli import main

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "trapline", "lsp"]
PROGRAM = '# machine: g3\n        .equ N, 3\n        .string "\U0001f600", N, "x"\nstart:  li r1, N\n'
PATIENCE = 60.0  # seconds until something that must come counts as missing
Answer = TypeVar("Answer")


class Session:
    """An editor with a server behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = asyncio.Runner()
        self.client: LanguageClient = make_test_lsp_client()
        self.refreshed = 0
        self.client.feature(t.WORKSPACE_CODE_LENS_REFRESH)(lambda params: self._refresh())
        lenses = t.CodeLensWorkspaceClientCapabilities(refresh_support=True)
        shown = [t.MarkupKind.Markdown]
        snippets = t.ClientCompletionItemOptions(snippet_support=True, documentation_format=shown)
        text = t.TextDocumentClientCapabilities(completion=t.CompletionClientCapabilities(completion_item=snippets))
        able = t.ClientCapabilities(workspace=t.WorkspaceClientCapabilities(code_lens=lenses), text_document=text)
        self.run(self.client.start_io(*COMMAND))
        self.able = self.run(self.client.initialize_session(t.InitializeParams(capabilities=able, root_uri=None)))

    def _refresh(self) -> None:
        self.refreshed += 1

    def run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(asyncio.wait_for(asked, PATIENCE))

    def open(self, name: str, text: str) -> str:
        uri = (self.folder / name).as_uri()
        item = t.TextDocumentItem(uri, "trapline", 1, text)
        self.client.text_document_did_open(t.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        now = t.VersionedTextDocumentIdentifier(2, uri)
        whole = t.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(t.DidChangeTextDocumentParams(now, [whole]))

    def wrong(self, uri: str, count: int) -> list[t.Diagnostic]:
        """What the server says is wrong, once it says so many things."""

        async def told() -> list[t.Diagnostic]:
            while len(self.client.diagnostics.get(uri, [None] * 99)) != count:
                await asyncio.sleep(0.02)
            return list(self.client.diagnostics[uri])

        return self.run(told())

    def until(self, holds: Any) -> None:
        async def waited() -> None:
            while not holds():
                await asyncio.sleep(0.02)

        self.run(waited())

    def children(self) -> list[int]:
        """The processes that the server has started."""
        pid = self.client._server.pid  # type: ignore[union-attr]
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    session = Session(tmp_path_factory.mktemp("session"))
    yield session
    server = session.client._server
    if server is not None and server.returncode is None:
        server.kill()
    session.runner.close()


def document(uri: str) -> t.TextDocumentIdentifier:
    return t.TextDocumentIdentifier(uri)


def test_what_is_wrong_is_told_and_taken_back(session: Session) -> None:
    assert session.able.capabilities.position_encoding == "utf-16"
    uri = session.open("one.s", PROGRAM)
    (found,) = session.wrong(uri, 1)
    assert found.message == 'a text in double quotes is expected\nhelp: write `.string "..."`'
    # The face before it takes two units.
    assert (found.range.start, found.range.end) == (t.Position(2, 22), t.Position(2, 23))
    session.change(uri, PROGRAM.replace(", N, ", ", ").replace("li r1, N", "li r1, M\n        b nowhere"))
    first, second = session.wrong(uri, 2)
    assert first.message == "`M` is not defined"
    assert second.range == t.Range(t.Position(4, 10), t.Position(4, 17))
    session.change(uri, PROGRAM.replace(", N, ", ", "))
    assert session.wrong(uri, 0) == []


def test_names_are_told_found_and_changed(session: Session) -> None:
    uri = session.open("two.s", PROGRAM.replace(", N, ", ", "))
    at = t.Position(3, 15)
    hover = session.run(session.client.text_document_hover_async(t.HoverParams(document(uri), at)))
    assert hover is not None and "a constant = 3" in str(hover.contents)
    definition = session.run(session.client.text_document_definition_async(t.DefinitionParams(document(uri), at)))
    assert definition == [t.Location(uri, t.Range(t.Position(1, 13), t.Position(1, 14)))]
    context = t.ReferenceContext(include_declaration=True)
    references = session.run(
        session.client.text_document_references_async(t.ReferenceParams(context, document(uri), at))
    )
    assert references is not None and [r.range.start.line for r in references] == [1, 3]
    renamed = session.run(session.client.text_document_rename_async(t.RenameParams(document(uri), at, "MOST")))
    assert renamed is not None and renamed.changes is not None
    assert [edit.new_text for edit in renamed.changes[uri]] == ["MOST", "MOST"]
    with pytest.raises(Exception, match="the program would be another one"):
        session.run(session.client.text_document_rename_async(t.RenameParams(document(uri), at, "start")))


def test_what_may_be_written_comes_with_holes_to_fill(session: Session) -> None:
    uri = session.open("three.s", "start:  l")
    asked = t.CompletionParams(document(uri), t.Position(0, 9))
    found = session.run(session.client.text_document_completion_async(asked))
    assert isinstance(found, t.CompletionList) and not found.is_incomplete
    (item,) = [item for item in found.items if item.label == "lw"]
    over = t.Range(t.Position(0, 8), t.Position(0, 9))
    assert item.text_edit == t.TextEdit(over, "lw ${1:d}, ${2:k}(${3:a})")
    assert item.insert_text_format is t.InsertTextFormat.Snippet


def test_whole_texts_are_outlined_folded_hinted_and_formatted(session: Session) -> None:
    uri = session.open("four.s", "# a\n# b\n# c\nstart: li r1, 5\n")
    client = session.client
    symbols = session.run(client.text_document_document_symbol_async(t.DocumentSymbolParams(document(uri))))
    assert symbols is not None and [(s.name, s.kind) for s in symbols] == [("start", t.SymbolKind.Function)]
    folds = session.run(client.text_document_folding_range_async(t.FoldingRangeParams(document(uri))))
    assert folds is not None and [(f.start_line, f.end_line, f.kind) for f in folds] == [(0, 2, "comment")]
    whole = t.Range(t.Position(0, 0), t.Position(9, 0))
    hints = session.run(client.text_document_inlay_hint_async(t.InlayHintParams(document(uri), whole)))
    assert hints is not None and [h.label for h in hints] == ["0x0000: 1a100000 15110005"]
    options = t.FormattingOptions(8, True)
    edits = session.run(client.text_document_formatting_async(t.DocumentFormattingParams(document(uri), options)))
    assert edits is not None and [e.new_text for e in edits] == ["start:  li   r1, 5"]


def test_an_instruction_leads_to_its_description(session: Session) -> None:
    uri = session.open("five.s", "start:  nop\n")
    asked = t.DefinitionParams(document(uri), t.Position(0, 9))
    (found,) = session.run(session.client.text_document_definition_async(asked)) or []  # type: ignore[misc]
    assert isinstance(found, t.Location) and found.uri == (MACHINES / "g3.isa").as_uri()


def titles(session: Session, uri: str) -> list[str]:
    found = session.run(session.client.text_document_code_lens_async(t.CodeLensParams(document(uri))))
    return [lens.command.title for lens in found or [] if lens.command]


def test_verdicts_come_when_they_are_there(session: Session) -> None:
    tiny = TINY[: TINY.index("variant")]
    uri = session.open("tiny.isa", tiny)
    assert session.wrong(uri, 0) == []
    before = session.refreshed
    assert titles(session, uri) == ["verifying ..."]
    session.until(lambda: session.refreshed > before)
    whole, *instructions = titles(session, uri)
    assert whole.startswith("Theorem 1 ") and instructions == ["Theorem 1: keeps; innocuous"] * 2


def test_verdicts_are_not_waited_for_once_the_text_is_another(session: Session) -> None:
    session.until(lambda: session.children() == [])
    text = (MACHINES / "g3.isa").read_text()
    uri = session.open("large.isa", text)
    assert set(titles(session, uri)) == {"verifying ..."}
    session.until(session.children)
    session.change(uri, text.replace("isa g3", "isa g4").replace("of g3", "of nowhere"))
    session.until(lambda: session.children() == [])
    assert len(session.wrong(uri, 3)) == 3


def test_a_client_that_dies_ends_the_server_and_what_it_has_started(session: Session) -> None:
    uri = session.open("last.isa", (MACHINES / "g3.isa").read_text())
    titles(session, uri)
    session.until(session.children)
    children = session.children()
    server = session.client._server
    assert server is not None and server.stdin is not None
    server.stdin.close()
    assert session.run(server.wait()) == 0
    end = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() and _runs(pid) for pid in children):
        assert time.monotonic() < end
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# ---- garbage, and Ctrl-C


def message(body: str) -> bytes:
    return f"Content-Length: {len(body)}\r\n\r\n{body}".encode()


INITIALIZE = '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
GARBAGE = (
    b"\x00\xff" * 40_000 + b"\r\n",
    b"Content-Length: x\r\n\r\n",
    message("{"),
    message("null"),
    message("[1, 2]"),
    message('{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 7}'),
    message('{"jsonrpc": "2.0", "id": 5, "method": "textDocument/hover", "params": {"textDocument": 1}}'),
    message('{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"contentChanges": []}}'),
    message('{"jsonrpc": "2.0", "id": 9, "method": "no/such"}'),
)


def test_garbage_does_not_end_the_server_and_ctrl_c_does() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdin and server.stdout and server.stderr
        server.stdin.write(b"".join(GARBAGE) + message(INITIALIZE))
        server.stdin.flush()
        answered = b""
        while b'"capabilities"' not in answered:
            answered += os.read(server.stdout.fileno(), 1 << 16)
        assert b"Traceback" not in answered
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 130
        assert server.stderr.read() == b"\ninterrupted\n"


def test_without_its_package_the_server_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "trapline.editing.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert main(["lsp"]) == 2
    assert "pip install 'trapline[editor]'" in capsys.readouterr().err
    assert main(["lsp", "--json"]) == 2
