"""A client of the stub that says what it is told to, byte for byte; and a program to debug."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from isa.assembler import Image, assemble
from isa.devices import Console, Ports
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from monitor.monitor import tower
from tests.machines_to_test import G3
from tests.trapline import counting
from trapline.debugging.debugged import Guest
from trapline.debugging.words import Debugger
from trapline.remote.stub import Stub
from trapline.remote.target import Target
from trapline.remote.wire import Gone, Wire, framed

PROGRAM = counting.PROGRAM.replace("set  r2, 90", "set  r2, 70").replace(
    "end:    halt", "end:    set   r1, 0\n        halt"
)
IMAGE = assemble(G3, PROGRAM, "loop.s")
LOOP, COUNTER = IMAGE.symbols["loop"], IMAGE.symbols["counter"]
FOR_EVER = assemble(G3, "        .org 16\nstart:  addi r1, r1, 1\n        b start\n", "ever.s")


def debugger(depth: int = 0, image: Image = IMAGE, limit: int = 100_000) -> Debugger:
    ports = Ports({0: Console()})
    machine: Machine = tower(G3, 4096, depth, ports) if depth else bare(G3, Storage(32, 4096), ports)
    machine.load(image)
    return Debugger(Guest(machine, image, limit))


class Client:
    """One end of a line to a stub."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.end.settimeout(20)
        self.came = b""

    def say(self, data: bytes) -> None:
        self.end.sendall(data)

    def byte(self) -> bytes:
        while not self.came:
            self.came = self.end.recv(4096)
            if not self.came:
                raise EOFError
        first, self.came = self.came[:1], self.came[1:]
        return first

    def packet(self) -> str:
        """The next packet's data; acknowledgements before it are passed over."""
        while self.byte() != b"$":
            pass
        data = b""
        while (byte := self.byte()) != b"#":
            data += byte
        assert framed(data)[-2:] == self.byte() + self.byte()
        return data.decode("latin-1")

    def ask(self, packet: str) -> str:
        """The answer to a packet, without what is to be shown."""
        self.say(framed(packet.encode("latin-1")))
        while (answer := self.packet()).startswith("O") and answer != "OK":
            pass
        return answer

    def shown(self, packet: str) -> str:
        """What a packet gives to be shown."""
        self.say(framed(packet.encode("latin-1")))
        texts = []
        while (answer := self.packet()).startswith("O") and answer != "OK":
            texts.append(bytes.fromhex(answer[1:]).decode())
        return "".join(texts)

    def word(self, line: str) -> str:
        return self.shown(f"qRcmd,{line.encode().hex()}")


@contextmanager
def served(made: Debugger) -> Iterator[Client]:
    """A client of a stub that has this debugger, until the client hangs up."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs, suppress(Gone):
            Stub(made, Target(made.machine.isa), Wire(theirs.fileno(), theirs.fileno())).serve()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    with ours:
        yield Client(ours)
    thread.join(20)
    assert not thread.is_alive()
