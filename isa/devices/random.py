"""The random source: each word received is the next of a sequence that its seed determines.

The generator is splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014),
written out here so that the sequence is the same on every host and in every release of Python.
"""

from isa.devices.saved import Saved

_MASK = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15


def _mix(z: int) -> int:
    """The finalizer of splitmix64: a bijection on 64-bit words in which every output bit depends on every input bit."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    return z ^ z >> 31


class RandomSource:
    """One port: recv gives a random word of `width` bits (at most 64); a send is ignored. Never interrupts."""

    name = "random"
    ports = 1

    def __init__(self, width: int, seed: int = 0) -> None:
        self.seed = seed
        self._mask = (1 << width) - 1 & _MASK
        self._state = seed & _MASK

    def recv(self, port: int, now: int) -> int:
        self._state = self._state + _GAMMA & _MASK
        return _mix(self._state) & self._mask

    def send(self, port: int, word: int, now: int) -> None:
        pass

    def deadline(self) -> None:
        return None

    def act(self, now: int, storage: object) -> bool:
        return False

    def mark(self) -> int:
        return self._state

    def rewind(self, mark: int) -> None:
        self._state = mark

    def save(self) -> dict[str, object]:
        return {"state": self._state}

    def restore(self, saved: dict[str, object]) -> None:
        self._state = Saved(self.name, saved).number("state")
