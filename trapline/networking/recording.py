"""What came in by the doors of a network, on file: each frame with the step of the clock at which it came, so that the
same run can be had again without anybody outside. A line of JSON for each:

    {"trapline": "frames", "version": 1}
    {"step": 1200, "port": "out", "frame": "02540000000102..."}
    {"step": 900000, "end": true}

Steps do not decrease; the end may be missing, if the run was killed. A last line without a newline was cut off while it
was written, and is left out.
"""

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError
from isa.files.sources_read import read_noted
from monitor.network.network import Network

HEADER = {"trapline": "frames", "version": 1}
LARGEST = 1 << 28
LATEST = (1 << 63) - 1
MOST = 1518  # octets of a frame with a tag


@dataclass(frozen=True, slots=True)
class Came:
    """A frame that came in at a port at a step, or the end of the run."""

    step: int
    port: int = 0
    frame: bytes | None = None


class Recorder:
    """Writes to a file as frames come."""

    def __init__(self, file: BinaryIO, ports: list[str]) -> None:
        self._file, self._ports = file, ports
        self._say(HEADER)

    def came(self, step: int, port: int, frame: bytes) -> None:
        self._say({"step": step, "port": self._ports[port], "frame": frame.hex()})

    def end(self, step: int) -> None:
        self._say({"step": step, "end": True})

    def _say(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()


def load(path: str, ports: dict[str, int]) -> list[Came]:
    """What a file says of a network whose doors are at these ports. Raises TraplineError, SourceError."""
    try:
        text = read_noted(path, LARGEST).decode("ascii", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the recording {path}: {reason}", "give what `--record` has written") from None
    first, *lines = text.rpartition("\n")[0].split("\n")
    if _parsed(first) != HEADER:
        raise _refusal(path, text, 1, "this is no recording of frames", f"it begins with `{json.dumps(HEADER)}`")
    found: list[Came] = []
    for number, line in enumerate(lines, 2):
        came = _came(_parsed(line), ports)
        if came is None:
            help = f"the doors of this network are at the ports {', '.join(ports) or 'of another one'}"
            raise _refusal(path, text, number, "this is no arrival of a frame", help)
        if found and (found[-1].frame is None or came.step < found[-1].step):
            raise _refusal(path, text, number, "arrivals stand in the order of their steps, and the end is the last")
        found.append(came)
    return found


def _parsed(line: str) -> object:
    try:
        return json.loads(line) if len(line) <= 4 * MOST else None
    except (ValueError, RecursionError):
        return None


def _came(said: object, ports: dict[str, int]) -> Came | None:
    match said:
        case {"step": int(step), "end": True, **rest} if not rest and 0 <= step <= LATEST:
            return Came(step)
        case {"step": int(step), "port": str(port), "frame": str(octets), **rest} if not rest and 0 <= step <= LATEST:
            try:
                frame = bytes.fromhex(octets)
            except ValueError:
                return None
            return Came(step, ports[port], frame) if port in ports and len(frame) <= MOST else None
    return None


def _refusal(path: str, text: str, line: int, rule: str, help: str = "") -> SourceError:
    shown = text.split("\n")[line - 1]
    return SourceError((Diagnostic(Span(Source(path, text), line, 1, max(2, len(shown) + 1)), rule, help),))


def replay(network: Network, came: list[Came], most: int) -> None:
    """Run it as it was, for at most so many steps of the clock; behind a recording without end, until nothing happens
    any more."""
    for one in came:
        _run_to(network, min(one.step, most))
        if one.step > most:
            return
        if one.frame is not None:
            network.arrive(one.port, one.frame)
    if not came or came[-1].frame is not None:
        network.run(most - network.clock)


def _run_to(network: Network, step: int) -> None:
    """As `Live` does: what guests do, and then time in which nobody does anything."""
    while network.clock < step and not network.ended:
        if not network.run(step - network.clock):
            network.wait(step - network.clock)
