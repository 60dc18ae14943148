"""What answers gdb: packets become looks at a debugger's machine, changes of it, and moves (`moves.py`).

Registers and addresses are those of `target.py`. A packet that is not known is answered by nothing, as gdb expects.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from isa.errors import TraplineError, UsageError
from trapline.debugging.printed import Printed
from trapline.debugging.words import Debugger
from trapline.remote.memory import Memory
from trapline.remote.moves import BREAKS, END, WATCH, Interrupted, Moves
from trapline.remote.target import BYTES, PC, Target
from trapline.remote.wire import LONGEST, Wire, escaped

OFFERED = b"PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;ReverseStep+;ReverseContinue+;swbreak+;hwbreak+"
MOST = 1_000  # breakpoints and watchpoints
TRAPPED, ASKED = 5, 2  # signals, as gdb numbers them
_NAME = re.compile(r"[qQv]\w+\??|.", re.DOTALL)


class Stub:
    """What one gdb talks to until it is `over`, because gdb has left the machine or `killed` it."""

    def __init__(self, debugger: Debugger, target: Target, wire: Wire) -> None:
        self.debugger, self.machine, self.wire = debugger, debugger.machine, wire
        self.target, self.memory, self.moves = target, Memory(debugger), Moves(debugger)
        self.over = self.killed = False
        self._printed = Printed(debugger)

    def serve(self) -> None:
        """Answer until it is over. Raises Gone if gdb is gone without a word."""
        while not self.over:
            packet = self.wire.packet().decode("latin-1")
            try:
                answer = self._answer(packet)
            except TraplineError as error:
                answer = b"E." + error.message.encode("ascii", "replace")
            except (ValueError, LookupError):  # a number that is none, or of nothing
                answer = b"E01"
            self.wire.send(answer)
            self.wire.acknowledged &= packet != "QStartNoAckMode"

    def _answer(self, packet: str) -> bytes:
        name = _NAME.match(packet)
        answer = ANSWERS.get(name[0]) if name else None
        return b"" if name is None or answer is None else answer(self, packet[name.end() :])

    # ---- what the machine is

    def features(self, rest: str) -> bytes:
        """A part of what there is to know of its registers."""
        _, kind, _, _, span = rest.split(":")
        start, count = _span(span)
        part = self.target.xml[start : start + count]
        more = b"m" if start + len(part) < len(self.target.xml) else b"l"
        return more + escaped(part) if kind == "features" else b""

    def registers(self, rest: str) -> bytes:
        cpu = (register for number, register in self.target.registers.items() if number <= PC)
        return b"".join(register.read(self.machine) for register in cpu)

    def register(self, rest: str) -> bytes:
        return self.target.registers[int(rest, 16)].read(self.machine)

    def set_register(self, rest: str) -> bytes:
        number, value = rest.split("=")
        register = self.target.registers[int(number, 16)]
        found, odd = divmod(int.from_bytes(bytes.fromhex(value), "little"), register.scale)
        place = register.place
        if place is None or odd:
            raise UsageError("no such register" if place is None else "the pc is 4 times the number of a word")
        self._change(lambda: place.write(self.machine, found))
        return b"OK"

    def read_memory(self, rest: str) -> bytes:
        return self.memory.read(*_span(rest)).hex().encode() or b"E01"

    def write_memory(self, rest: str) -> bytes:
        span, _, data = rest.partition(":")
        address, count = _span(span)
        new = bytes.fromhex(data)
        if len(new) != count or not self.memory.places(address, count):
            return b"E01"
        self._change(lambda: self.memory.write(address, new))
        return b"OK"

    def _change(self, do: Callable[[], None]) -> None:
        if self.debugger.past:
            print(f"a branch begins at step {self.machine.steps:,}: what came after it is given up", file=sys.stderr)
        with self.debugger.history.change():
            do()
        self._print()

    # ---- moving

    def set_stop(self, rest: str) -> bytes:
        kind, span = rest.partition(";")[0].split(",", 1)
        address, count = _span(span)
        if kind not in (*BREAKS, WATCH):
            return b""
        where = self.memory.places(address, count) if kind == WATCH else (address // BYTES,)
        if not where or len(self.moves.stops) >= MOST:
            return b"E01"
        self.moves.stops[kind, address] = where
        return b"OK"

    def clear_stop(self, rest: str) -> bytes:
        kind, span = rest.split(",", 1)
        self.moves.stops.pop((kind, _span(span)[0]), None)
        return b"OK"

    def resume(self, rest: str) -> bytes:
        """`vCont`: its first action is for the only thread there is."""
        return self.moved(self.moves.step if rest[1:2] in ("s", "S") else self.moves.run, False)

    def reverse(self, rest: str) -> bytes:
        return self.moved(self.moves.step if rest == "s" else self.moves.run, True)

    def moved(self, move: Callable[[bool], bytes], backwards: bool) -> bytes:
        """That the machine stopped, why, and where; before that what the guest printed on the way."""
        signal, why = TRAPPED, b""
        try:
            with self._listening():
                why = move(backwards)
        except Interrupted:
            signal = ASKED
        self._print()
        if why == END:
            self._say(["", *self.debugger.do("run")][self.debugger.at_line_start :])  # how it ended, and where
        return b"T%02x%b%02x:%b;thread:1;" % (signal, why, PC, self.target.registers[PC].read(self.machine))

    # ---- words

    def command(self, rest: str) -> bytes:
        """`monitor WORDS`: what the debugger answers."""
        try:
            with self._listening():
                lines = list(self.debugger.do(bytes.fromhex(rest.removeprefix(",")).decode("utf-8", "replace")))
        except TraplineError as error:
            lines = [error.render()]
        except Interrupted:
            lines = ["interrupted"]
        self._print()
        self._say(lines)
        self.over = self.debugger.over
        return b"OK"

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Inside, Ctrl-C is heard."""
        self.debugger.history.progress = self._listen
        try:
            yield
        finally:
            self.debugger.history.progress = None

    def _listen(self, step: int) -> None:
        self.moves.come(step)
        if self.wire.interrupted():
            raise Interrupted

    def _print(self) -> None:
        self._show(self._printed.new())

    def _say(self, lines: list[str]) -> None:
        self._show("".join(f"{line}\n" for line in lines).encode())

    def _show(self, data: bytes) -> None:
        """Have gdb show something, which it does only while it waits for something."""
        for at in range(0, len(data), LONGEST // 4):
            self.wire.send(b"O" + data[at : at + LONGEST // 4].hex().encode())

    # ---- the end

    def detach(self, rest: str) -> bytes:
        self.over = True
        return b"OK"

    def kill(self, rest: str) -> bytes:
        self.over = self.killed = True
        return b"OK"


def _span(text: str) -> tuple[int, int]:
    """`ADDRESS,LENGTH`, in hexadecimal; no more than fits into a packet."""
    address, length = (int(part, 16) for part in text.split(","))
    if not 0 <= address < 1 << 32 or length < 0:
        raise ValueError(text)
    return address, min(length, LONGEST // 4)


def _says(text: bytes) -> Callable[[Stub, str], bytes]:
    return lambda stub, rest: text


ANSWERS: dict[str, Callable[[Stub, str], bytes]] = {
    "qSupported": _says(OFFERED % LONGEST),
    "QStartNoAckMode": _says(b"OK"),
    "qXfer": Stub.features,
    "qAttached": _says(b"1"),
    "qC": _says(b"QC1"),
    "qfThreadInfo": _says(b"m1"),
    "qsThreadInfo": _says(b"l"),
    "qRcmd": Stub.command,
    "H": _says(b"OK"),
    "T": _says(b"OK"),
    "?": lambda stub, rest: stub.moved(lambda backwards: b"", False),
    "g": Stub.registers,
    "p": Stub.register,
    "P": Stub.set_register,
    "m": Stub.read_memory,
    "M": Stub.write_memory,
    "Z": Stub.set_stop,
    "z": Stub.clear_stop,
    "vCont?": _says(b"vCont;c;C;s;S"),
    "vCont": Stub.resume,
    "b": Stub.reverse,
    "D": Stub.detach,
    "k": Stub.kill,
    "vKill": Stub.kill,
}
