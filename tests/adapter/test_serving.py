"""The command itself, as a process: on stdin and stdout, on a port, with clients that nobody here wrote."""

import os
import re
import signal
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from dap import Client as Foreign
from pydantic import ValidationError

from tests.adapter.programs import LOOP, PRINTS
from tests.adapter.wire import Client, Refused
from tests.clients import client as program
from tests.clients import module
from trapline.adapter.framing import framed
from trapline.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EMPTY = {
    "ConfigurationDone",
    "Disconnected",
    "LaunchDone",
    "NextResponse",
    "StepInDone",
    "StepBackDone",
    "ReverseContinueDone",
}
STARS = """
        .org  16
start:  set   r1, 0
loop:   addi  r1, r1, 1
        set   r2, '*'
        out   r2, r0
        set   r3, 3
        bne   r1, r3, loop
        halt
"""


@contextmanager
def serving(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`trapline dap`, which is gone at the end."""
    command = [sys.executable, "-m", "trapline", "dap", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def connected(port: int) -> Iterator[Client]:
    """A client on the port."""
    with ExitStack() as opened:
        there = opened.enter_context(socket.create_connection(("127.0.0.1", port), 60))
        incoming, outgoing = (opened.enter_context(there.makefile(mode)) for mode in ("rb", "wb"))
        yield Client(incoming, outgoing)
        there.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def process() -> "Iterator[subprocess.Popen[bytes]]":
    with serving("--port", "0") as process:
        yield process


@pytest.fixture(scope="module")
def port(process: "subprocess.Popen[bytes]") -> int:
    """Where it listens, as it says."""
    assert process.stderr is not None
    found = re.fullmatch(rb"trapline dap: listening on 127\.0\.0\.1:(\d+)\n", process.stderr.readline())
    assert found is not None
    return int(found[1])


@pytest.fixture
def stars(tmp_path: Path) -> str:
    (tmp_path / "stars.s").write_text(STARS)
    return str(tmp_path / "stars.s")


# ---- on a port


def test_a_second_client_is_told_that_there_is_one(port: int) -> None:
    with connected(port) as first:
        first.launch(str(LOOP))
        with connected(port) as second, pytest.raises(Refused, match="another client is being served"):
            second.ask("initialize", adapterID="trapline")
        first.move("continue")
        assert first.console == PRINTS


def test_after_one_that_is_gone_or_speaks_otherwise_comes_another(port: int) -> None:
    with connected(port) as dead:
        dead.launch(str(LOOP))
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"", b"Content-Length: 9\r\n\r\n{", os.urandom(300)):
        with socket.create_connection(("127.0.0.1", port), 60) as there:
            there.sendall(data)
            there.shutdown(socket.SHUT_WR)
            while there.recv(1000):
                pass
    with connected(port) as fine:
        fine.launch(str(LOOP))


def test_the_client_of_npm(port: int, stars: str) -> None:
    """It hits a breakpoint, steps, steps back, goes back to the breakpoint, and reads memory: see `session.js`."""
    modules = module("@vscode/debugadapter-testsupport").parents[1]
    command = [
        program("node", "nodejs"),
        str(module("mocha") / "bin" / "mocha.js"),
        "--reporter",
        "dot",
        "--timeout",
        "60000",
    ]
    told = {**os.environ, "PORT": str(port), "PROGRAM": stars, "MODULES": str(modules)}
    done = subprocess.run([*command, str(Path(__file__).with_name("session.js"))], env=told, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()
    assert b"2 passing" in done.stdout


# ---- on stdin and stdout


class Python:
    """dap-python's client; it has no connection of its own, and here it has pipes. Of answers that have nothing to say
    it demands that they say everything twice; those are left out, and whatever else it refuses is ours."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self.foreign = Foreign("trapline")
        self._in, self._out = process.stdout, process.stdin
        self._seen: list[Any] = []

    def send(self) -> None:
        assert self._out is not None
        self._out.write(self.foreign.send())
        self._out.flush()

    def until(self, name: str) -> Any:
        """What comes, up to something of this class."""
        self.send()
        while not (found := [one for one in self._seen if type(one).__name__ == name]):
            data = os.read(self._in.fileno(), 65536)
            assert data, f"no {name} came"
            self._take(data)
        self._seen.remove(found[0])
        return found[0]

    def _take(self, data: bytes) -> None:
        try:
            self._seen += self.foreign.receive(data)
        except ValidationError as error:
            assert error.title in EMPTY
            self._take(b"")


def test_the_client_of_python(stars: str) -> None:
    with serving() as process:
        python = Python(process)
        client = python.foreign
        python.until("Initialized")
        client.send_request("launch", {"program": stars, "stopOnEntry": True})
        python.until("InitializedEvent")
        client.configuration_done()
        assert python.until("StoppedEvent").reason == "entry"
        for go, step in ((client.next, 1), (client.step_in, 2), (client.step_back, 1)):
            go(1)
            python.until("StoppedEvent")
            client.evaluate("step")
            assert python.until("EvaluateResponse").result == f"{step:#x} ({step})"
        client.read_memory("[0x10]", 4)
        assert len(b64decode(python.until("ReadMemoryResponse").data)) == 4
        client.disassemble("0x10", 5, instruction_offset=-2)
        assert len(python.until("DisassembleResponse").instructions) == 5
        client.stack_trace(1)
        assert python.until("StackTraceResponse").stackFrames[0].line == 4
        client.reverse_continue(1)
        assert python.until("StoppedEvent").description == "the history begins at step 0"
        client.disconnect()
        python.send()
        assert process.wait(60) == 0
        assert process.stderr is not None and process.stderr.read() == b""


def test_a_client_that_is_gone_is_missed() -> None:
    with serving() as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(asked("initialize", 1, adapterID="x") + asked("launch", 2, program=str(LOOP)))
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b"trapline dap: the client has gone without a word\n"


def test_a_signal_is_told_to_the_client_and_ends_it(tmp_path: Path) -> None:
    (tmp_path / "endless.s").write_text("        .org 16\nstart:  b start\n")
    with serving() as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        client = Client(process.stdout, process.stdin)
        client.launch(str(tmp_path / "endless.s"), steps=1 << 60)
        client.ask("continue", threadId=1)
        process.send_signal(signal.SIGINT)
        client.event("terminated")
        assert process.wait(60) == 130
        assert client.said.endswith("trapline dap: interrupted\n")
        assert process.stderr.read() == b"trapline dap: interrupted\n"


def test_a_signal_ends_who_waits_on_a_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    """It is the last test of this process."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143


def asked(command: str, seq: int, **arguments: object) -> bytes:
    return framed({"seq": seq, "type": "request", "command": command, "arguments": arguments})


# ---- how it is started


def test_a_port_that_is_taken_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["dap", "--port", str(port)]) == 3
        assert f"cannot listen on port {port}: Address already in use" in capfd.readouterr().err


def test_it_is_for_programs(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda number: True)
    assert main(["dap"]) == 2
    assert "stdin is a terminal, and no editor speaks there" in capfd.readouterr().err
    assert main(["dap", "--json"]) == 2
    assert "`--json` is none" in capfd.readouterr().err
    assert main(["dap", "--port", "99999"]) == 2
    assert "`99999` is not a port" in capfd.readouterr().err
