"""What the host has to say to a guest: which of its lives this is, and what is asked of it.

A guest that was copied cannot tell by itself: it goes on in the middle of its work with the registers, storage and
random numbers of its source. So every copy has a *generation*, which no other machine of the host has or had, and which
changes when the machine is brought back to an earlier state. Whoever makes keys of random numbers looks at it.
"""

from isa.devices.saved import Saved

STOP = 1  # what may be asked: end, and leave everything in order


class Notices:
    """Two ports; the interrupt means that one of them has changed. Port 0: recv gives the generation. Port 1: recv
    gives what is asked of the guest, 0 or `STOP`. Sends are ignored. Without a host both give 0."""

    name = "notices"
    ports = 2

    def __init__(self, generation: int = 0) -> None:
        self.generation = generation
        self.asked = 0
        self._news = False

    def tell(self, generation: int, asked: int) -> None:
        """Between two steps: what holds from now on. The guest is interrupted if it is anything new."""
        self._news = self._news or (generation, asked) != (self.generation, self.asked)
        self.generation, self.asked = generation, asked

    def recv(self, port: int, now: int) -> int:
        return self.asked if port else self.generation

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        pass

    def told(self) -> dict[str, int]:
        return {"generation": self.generation, "asked": self.asked}

    def deadline(self) -> int | None:
        return 0 if self._news else None

    def act(self, now: int, storage: object) -> bool:
        news, self._news = self._news, False
        return news

    def mark(self) -> tuple[int, int, bool]:
        return self.generation, self.asked, self._news

    def rewind(self, mark: tuple[int, int, bool]) -> None:
        self.generation, self.asked, self._news = mark

    def save(self) -> dict[str, object]:
        return {"generation": self.generation, "asked": self.asked, "news": int(self._news)}

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, saved)
        found = whole.number("generation"), whole.number("asked", STOP), whole.flag("news")
        self.generation, self.asked, self._news = found
