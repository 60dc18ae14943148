"""What it costs to run a machine, from a short calibration on this host: a step, a trap, an exit to a monitor, a word
sent, a device that acts, with each engine.

All of it is measured on programs that need no assembly (`trapline.explaining.strips`), so every machine has its costs.
Processor time, the least of several turns; what a machine has no program for is left out, with the reason.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import TYPE_CHECKING, Any

from isa.description import Isa
from isa.devices import Console, Ports, attach
from isa.engines.choice import NATIVE, REFERENCE
from isa.errors import MachineError
from trapline.explaining import strips
from trapline.explaining.strips import Strip, least

if TYPE_CHECKING:
    from rich.table import Table

ENGINES = (REFERENCE, NATIVE)
LEAVES = re.compile(r"jmpq? \*|br ")  # the jump from one handler to the next, on x86-64 and AArch64
LONG = 1 << 12  # steps of a run in which each traps
NEVER, AT_ONCE = 0, 1  # when runs of instructions get handlers of their own: see `isa.engines.native.options`


@dataclass(frozen=True, slots=True)
class Cost:
    """Nanoseconds of one, by engine. `host` are the host's instructions for it, where they can be counted: those of
    native code that goes straight on. `why` says why there are none, if the machine has no program for it."""

    what: str
    nanoseconds: dict[str, float]
    host: float | None = None
    why: str = ""

    def facts(self) -> dict[str, Any]:
        return {"what": self.what, "nanoseconds": self.nanoseconds, "host": self.host, "why": self.why}


class Beat:
    """A device that is due before every step, and does nothing."""

    name = "beat"
    ports = 1

    def __init__(self) -> None:
        self.next = 1

    def recv(self, port: int, now: int) -> int:
        return 0

    def send(self, port: int, word: int, now: int) -> None:
        pass

    def deadline(self) -> int:
        return self.next

    def act(self, now: int, storage: object) -> bool:
        self.next = now + 1
        return False

    def save(self) -> dict[str, object]:
        return {}

    def restore(self, saved: dict[str, object]) -> None:
        pass


class Nowhere:
    """A sink that takes all and keeps nothing."""

    def write(self, data: bytes) -> None:
        pass


def costs(isa: Isa, native: bool, show: Callable[[str], None] = lambda what: None) -> Iterator[Cost]:
    """All costs of a machine, with the native engine too if there is one here. `show` is told what is measured next."""
    engines = ENGINES if native else ENGINES[:1]
    for what, measure in ROWS.items():
        show(what)
        try:
            found = measure(isa, engines)
            why = "" if found else "no word of this machine does that and goes on"
        except MachineError as error:
            found, why = {}, error.message
        host = _host_instructions(isa) if measure is _step and native and found else None
        yield Cost(what, found, host, why)


Measured = dict[str, float]
Engines = tuple[str, ...]


def _step(isa: Isa, engines: Engines) -> Measured:
    """In native code each with a handler of its own."""
    return {engine: step(isa, engine).nanoseconds() for engine in engines} if strips.plain(isa) else {}


def _in_runs(isa: Isa, engines: Engines) -> Measured:
    if NATIVE not in engines:
        raise MachineError("only the native engine has handlers of several instructions")
    return {NATIVE: step(isa, NATIVE, AT_ONCE).nanoseconds()} if strips.plain(isa) else {}


def step(isa: Isa, engine: str, fuse: int = NEVER) -> Strip:
    """Ordinary instructions; after so many steps runs of them get handlers of their own."""
    made = Strip(isa, strips.plain(isa), engine)
    if engine == NATIVE:
        from isa.engines.native.engine import NativeEngine
        from isa.engines.native.options import Options

        made.machine.engine = NativeEngine(made.machine, Options(regions=False, background=False, fuse=fuse))
    return made


def _trap(isa: Isa, engines: Engines, monitors: int = 0) -> Measured:
    word, found = strips.trapping(isa), {}
    for engine in engines if word is not None else ():
        machine = strips.trapped(isa, word or 0, engine, monitors)
        found[engine] = least(partial(machine.run, LONG)) / LONG
    return found


def _reflected(isa: Isa, engines: Engines) -> Measured:
    return _trap(isa, engines, 1)


def _emulated(isa: Isa, engines: Engines) -> Measured:
    word = strips.emulated(isa)
    return _strips(isa, word, engines, lambda: None, 1)


def _stored(isa: Isa, engines: Engines) -> Measured:
    return _strips(isa, _sending(isa), engines, lambda: attach(isa, Console()))


def _asked(isa: Isa, engines: Engines) -> Measured:
    return _strips(isa, _sending(isa), engines, lambda: attach(isa, Console(None, Nowhere())))


def _act(isa: Isa, engines: Engines) -> Measured:
    words, found = strips.plain(isa), {}
    for engine in engines if words else ():
        idle, busy = (Strip(isa, words, engine, ports) for ports in (Ports({}), Ports({0: Beat()})))
        found[engine] = busy.nanoseconds() - idle.nanoseconds()
    return found


def _strips(
    isa: Isa, word: int | None, engines: Engines, ports: Callable[[], Ports | None], monitors: int = 0
) -> Measured:
    if word is None:
        return {}
    length = strips.FEW if monitors else 0
    return {engine: Strip(isa, [word], engine, ports(), monitors, length).nanoseconds() for engine in engines}


def _sending(isa: Isa) -> int | None:
    """A word that prints."""

    def heard(ports: Ports) -> int:
        console = ports.find(Console)
        return console.transcript.length if console else 0

    return strips.sending(isa, lambda: attach(isa, Console()), heard)


ROWS: dict[str, Callable[[Isa, Engines], Measured]] = {
    "a step": _step,
    "a step, in runs": _in_runs,
    "a trap": _trap,
    "an exit: a trap reflected": _reflected,
    "an exit: an instruction emulated": _emulated,
    "a word sent, stored": _stored,
    "a word sent, seen to at once": _asked,
    "a device that acts": _act,
}


def _host_instructions(isa: Isa) -> float:
    """The host's instructions of such a step in threaded code, on the average: from a handler's beginning to the jump
    to the next one."""
    from isa.encoding import Decoder
    from isa.engines.native.listing import instruction_listings

    decoder, counts = Decoder(isa), []
    for word in strips.plain(isa):
        instruction = decoder.find(word)
        assert instruction is not None
        listing = next(instruction_listings(isa, instruction))
        counts.append(straight(listing.assembly()))
    return mean(counts)


def straight(assembly: str) -> int:
    """How many instructions a handler has up to its first jump to another one: `jmpq *`, or `br` on AArch64."""
    count = 0
    for line in assembly.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0].endswith(":") or words[0].startswith("."):
            continue
        count += 1
        if LEAVES.match(" ".join(words)):
            break
    return count


def table(found: list[Cost]) -> "Table":
    """The costs for people."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    made.add_column("nanoseconds of")
    for column in (*ENGINES, "host instructions"):
        made.add_column(column, justify="right")
    for cost in found:
        if not cost.why:
            times = (_rounded(cost.nanoseconds.get(engine)) for engine in ENGINES)
            made.add_row(cost.what, *times, _rounded(cost.host))
    return made


def _rounded(value: float | None) -> str:
    """Two digits that mean something, of what there is."""
    return "" if value is None else f"{value:.1f}" if value < 10 else f"{float(f'{value:.2g}'):,.0f}"
