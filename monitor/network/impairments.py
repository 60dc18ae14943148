"""What goes wrong on the way, from a seed: the same seed and the same frames give the same losses."""

from dataclasses import dataclass

from isa.devices import RandomSource

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Partition:
    """Between these steps nothing passes between the ports named and all others."""

    start: int
    end: int
    ports: frozenset[str]

    def parts(self, step: int, one: str, other: str) -> bool:
        return self.start <= step < self.end and (one in self.ports) != (other in self.ports)


@dataclass(frozen=True, slots=True)
class Impairments:
    """`loss` and `duplicate` are in millionths of all frames; `delay` is in steps, and up to `jitter` more, by which
    frames overtake each other."""

    loss: int = 0
    duplicate: int = 0
    delay: int = 0
    jitter: int = 0
    partitions: tuple[Partition, ...] = ()


class Fate:
    """Decides of each frame when it arrives: at several steps, at one, or never."""

    def __init__(self, impairments: Impairments, seed: int) -> None:
        self.impairments, self._source = impairments, RandomSource(64, seed)

    def _draw(self, below: int) -> int:
        return self._source.recv(0, 0) % below

    def of(self, step: int, origin: str, port: str) -> list[int]:
        """When a frame arrives that leaves the switch for a port at this step. As many numbers are drawn whatever comes
        of them, so that one loss more does not change what happens to all others."""
        its = self.impairments
        lost, doubled = self._draw(MILLION) < its.loss, self._draw(MILLION) < its.duplicate
        late = [self._draw(its.jitter + 1) for _ in range(2)]
        if lost or any(partition.parts(step, origin, port) for partition in its.partitions):
            return []
        return [step + its.delay + more for more in late[: 1 + doubled]]
