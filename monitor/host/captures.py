"""What passes at the ports of machines that are captured, in files of the host's folder: `NAME.pcapng`.

Frames are written when what the machines did is kept, so a file has nothing that did not happen. It does not grow for
ever: what comes when it is full is not in it.
"""

import os
from collections.abc import Iterable

from isa.errors import TraplineError
from monitor.network.capture import begun, packet

MOST = 1 << 22  # bytes of a file
AT_ONCE = 16  # machines that are captured


class Captures:
    """Those of the host in a folder, which this process owns."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._noted: dict[str, list[bytes]] = {}
        self._bytes: dict[str, int] = {}

    def path(self, name: str) -> str:
        return os.path.join(self.folder, f"{name}.pcapng")

    def begin(self, name: str) -> None:
        """Begin a file for a machine. Raises TraplineError."""
        try:
            self._write(name, (), os.O_TRUNC)
        except OSError as error:
            rule = f"cannot write {self.path(name)}: {error.strerror or error}"
            raise TraplineError(rule, "make room, or remove what is there") from None

    def note(self, name: str, step: int, frame: bytes, inwards: bool, why: str) -> None:
        """A frame passes, and is written if all goes well."""
        size = self._bytes.get(name, 0)
        if size < MOST:
            self._noted.setdefault(name, []).append(packet(step, 0, frame, inwards, why))
            self._bytes[name] = size + len(self._noted[name][-1])

    def undo(self) -> None:
        self._noted.clear()
        self._bytes.clear()

    def write(self) -> None:
        """What was noted has happened. Raises OSError; a file that somebody has removed begins anew."""
        noted = dict(self._noted)
        self.undo()
        for name, packets in noted.items():
            self._write(name, packets, os.O_APPEND)

    def _write(self, name: str, packets: Iterable[bytes], how: int) -> None:
        fd = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
        try:
            size = os.fstat(fd).st_size
            data = bytearray() if size else bytearray(begun([name]))
            for one in packets:
                if size + len(data) + len(one) > MOST:
                    break
                data += one
            os.write(fd, data)
        finally:
            os.close(fd)


def check_captured(name: str, has_card: bool, others: Iterable[str]) -> None:
    """Whether a machine can be captured beside others."""
    if not has_card:
        raise TraplineError(f"{name} is on no network", "write `[[networks]]` in its file")
    if len(set(others) - {name}) >= AT_ONCE:
        raise TraplineError(f"{AT_ONCE} machines are captured, and no more can be", "end one, with `--off`")
