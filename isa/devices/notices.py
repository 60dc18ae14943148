"""What the host has to say to a guest: which of its lives this is, and what is asked of it.

A guest that was copied cannot tell by itself: it goes on in the middle of its work with the registers, storage and
random numbers of its source. So every copy has a *generation*, which no other machine of the host has or had, and which
changes when the machine is brought back to an earlier state. Whoever makes keys of random numbers looks at it. Hosts
count by themselves, and copies of one machine may be on several of them: so the number of the host that gave it belongs
to it as well, once that has exchanged machines with others.
"""

from isa.devices.saved import Saved

WORDS = 5  # of the generation; what is behind them is 0
STOP = 1  # what may be asked: end, and leave everything in order


class Notices:
    """Two ports; the interrupt means that one of them has changed. Port 0: send chooses a word of the generation, recv
    gives it: word 0 (at first) its number, words 1 to 4 that of the host that gave it, 16 bits each, the lowest first.
    Port 1: recv gives what is asked of the guest, 0 or `STOP`; sends are ignored. Without a host all are 0."""

    name = "notices"
    ports = 2

    def __init__(self, generation: int = 0, origin: int = 0) -> None:
        self.generation, self.origin = generation, origin
        self.asked = self._word = 0
        self._news = False

    def tell(self, generation: int, asked: int, origin: int = 0) -> None:
        """Between two steps: what holds from now on. The guest is interrupted if it is anything new."""
        now = generation, asked, origin
        self._news = self._news or now != (self.generation, self.asked, self.origin)
        self.generation, self.asked, self.origin = now

    def recv(self, port: int, now: int) -> int:
        if port:
            return self.asked
        return self.origin >> 16 * (self._word - 1) & 0xFFFF if self._word else self.generation

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        if port == 0:
            self._word = min(word, WORDS)

    def told(self) -> dict[str, int]:
        return {"generation": self.generation, "origin": self.origin, "asked": self.asked}

    def deadline(self) -> int | None:
        return 0 if self._news else None

    def act(self, now: int, storage: object) -> bool:
        news, self._news = self._news, False
        return news

    def mark(self) -> tuple[int, int, int, bool, int]:
        return self.generation, self.origin, self.asked, self._news, self._word

    def rewind(self, mark: tuple[int, int, int, bool, int]) -> None:
        self.generation, self.origin, self.asked, self._news, self._word = mark

    def save(self) -> dict[str, object]:
        known = {"generation": self.generation, "origin": self.origin, "asked": self.asked}
        return {**known, "news": int(self._news), "word": self._word}

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, {"origin": 0, "word": 0, **saved})
        found = whole.number("generation"), whole.number("origin"), whole.number("asked", STOP)
        word, self._news = whole.number("word", WORDS), whole.flag("news")
        self.generation, self.origin, self.asked, self._word = *found, word
