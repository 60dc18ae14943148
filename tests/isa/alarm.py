"""A device for tests: due at given steps, it answers with the time and notes when it acted and when it was asked."""


class Alarm:
    """One port. Receiving gives the present step; sending n makes it due n % 50 steps from now."""

    name = "alarm"
    ports = 1

    def __init__(self, due: list[int]) -> None:
        self.due = sorted(due)
        self.acted: list[int] = []
        self.asked: list[int] = []

    def recv(self, port: int, now: int) -> int:
        self.asked.append(now)
        return now

    def send(self, port: int, word: int, now: int) -> None:
        self.asked.append(now)
        self.due = sorted([*self.due, now + word % 50])

    def deadline(self) -> int | None:
        return self.due[0] if self.due else None

    def act(self, now: int, storage: object) -> bool:
        """Interrupts at even steps only."""
        self.acted.append(now)
        self.due = [step for step in self.due if step > now]
        return now % 2 == 0

    def save(self) -> dict[str, object]:
        return {"due": self.due[:], "acted": self.acted[:], "asked": self.asked[:]}

    def restore(self, saved: dict[str, object]) -> None:
        for name in ("due", "acted", "asked"):
            steps = saved[name]
            assert isinstance(steps, list)
            setattr(self, name, steps[:])
