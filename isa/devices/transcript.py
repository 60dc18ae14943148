"""What a console has printed, in bounded memory: the end of it exactly, and of what came before its length and digest.

Up to a mebibyte is kept whole. Beyond that the oldest 64 KiB at a time pass into the digest and are dropped, so which
bytes are still there depends on what was printed and on nothing else, and two transcripts are equal if and only if the
same was printed (as sure as SHA-256 is). The digest is a chain over whole pieces, so that it can be saved and taken up
again.
"""

from isa.devices.saved import Saved, packed
from isa.files.cache import sha256

KEPT, PIECE = 1 << 20, 1 << 16  # bytes


class Transcript:
    """`dropped` counts the bytes that are no longer there; `digest` is the chain over them, in hex, empty for none."""

    def __init__(self) -> None:
        self.dropped, self.digest = 0, ""
        self._recent = bytearray()

    @property
    def length(self) -> int:
        """How many bytes were printed in all."""
        return self.dropped + len(self._recent)

    def append(self, data: bytes) -> None:
        self._recent += data
        while len(self._recent) > KEPT:
            self.digest = sha256(bytes.fromhex(self.digest) + self._recent[:PIECE]).hexdigest()
            self.dropped += PIECE
            del self._recent[:PIECE]

    def since(self, start: int) -> bytes:
        """What was printed from byte `start` on, as far as it is kept; a negative start counts from the end."""
        return bytes(self._recent[start if start < 0 else max(0, start - self.dropped) :])

    def mark(self) -> tuple[int, str, bytes]:
        return self.dropped, self.digest, bytes(self._recent)

    def rewind(self, mark: tuple[int, str, bytes]) -> None:
        self.dropped, self.digest, recent = mark
        self._recent = bytearray(recent)

    def save(self) -> dict[str, object]:
        """What was dropped is only mentioned if something was, as in snapshots that knew nothing of it."""
        dropped = {"dropped": self.dropped, "digest": self.digest} if self.dropped else {}
        return {"output": packed(self._recent), **dropped}

    @classmethod
    def restored(cls, saved: Saved, mentioned: bool) -> "Transcript":
        """`mentioned` says whether the saved state speaks of what was dropped. Raises MachineError if it is damaged."""
        made = cls()
        if mentioned:
            made.dropped, made.digest = saved.number("dropped"), saved.text("digest")
            if len(made.digest) != 64 or set(made.digest) - set("0123456789abcdef"):
                raise saved.damaged("`digest` is not one")
        made.append(saved.data("output"))
        return made
