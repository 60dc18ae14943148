"""A guest on a switch with nobody but a test at its other port."""

from pathlib import Path

from guests.catalogue import DIRECTORY, LIBRARY
from isa.assembler.assembled import assembled
from isa.devices import Disk, standard
from isa.devices.card import Card
from isa.engines.choice import bare
from isa.machine import Storage
from isa.machines.catalogue import find
from monitor.network.impairments import Impairments
from monitor.network.network import Network, Station
from monitor.network.switch import Port
from monitor.schedule import Schedule
from tests.network import packets
from tests.network.packets import ACK, FIN, PSH, SYN, Segment

G3 = find("g3")
WORDS = 16384


class Lab:
    """`heard` are the frames that the guest has sent to the test."""

    def __init__(
        self,
        program: str,
        folder: str | Path = DIRECTORY,
        seed: int = 7,
        wrong: Impairments | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.heard: list[bytes] = []
        self.conversations = 0
        self.image = assembled(G3, str(Path(folder) / f"{program}.s"), str(folder), LIBRARY)
        card = Card(G3.word, packets.GUEST)
        self.machine = bare(
            G3, Storage(G3.word, WORDS), standard(G3, seed=seed, disk=disk, others=[card]), seed, engine="native"
        )
        self.machine.load(self.image)
        stations = [Station(Port("guest"), self.machine, card), Station(Port("test"), outside=self._hear)]
        self.network = Network(Schedule([self.machine]), stations, wrong, seed)
        self.run()
        assert wrong or self.ask(packets.arp(), 20_000) == [packets.arp_answer()]

    def _hear(self, clock: int, frame: bytes) -> None:
        self.heard.append(frame)

    def code(self) -> list[list[int]]:
        """The instructions of the program, as they stand in its storage."""
        return [self.machine.storage.read(first, count) for first, count in self.image.code]

    def run(self, steps: int = 100_000) -> None:
        self.network.run(steps)

    def ask(self, frame: bytes, steps: int = 100_000) -> list[bytes]:
        """What the guest sends when a frame has arrived, within so many steps."""
        self.heard.clear()
        self.network.arrive(1, frame)
        self.run(steps)
        return list(self.heard)


class Conversation:
    """One connection to a guest's port, kept by the test; each step is checked. `mss` is what it says of itself."""

    def __init__(self, lab: Lab, port: int, mss: int | None = 1460, window: int = 4000, options: bytes = b"") -> None:
        self.lab, self.port, self.window, self.next = lab, port, window, 1000
        lab.conversations += 1
        self.mine = 4000 + lab.conversations  # its port
        options = options or (b"" if mss is None else b"\x02\x04" + mss.to_bytes(2, "big"))
        self.acked = 0
        (answer,) = self.send(SYN, options=options)
        assert answer.flags == SYN | ACK and answer.ack == 1001 and answer.options == b"\x02\x04\x05\xb4"
        self.next, self.acked = 1001, answer.seq + 1 & 0xFFFFFFFF
        assert self.send(ACK) == []

    def frame(self, flags: int, data: bytes = b"", options: bytes = b"") -> bytes:
        where = (self.port, self.next, self.acked, flags)
        return packets.segment(*where, data, self.window, options, self.mine)

    def send(self, flags: int, data: bytes = b"", options: bytes = b"", steps: int = 100_000) -> list[Segment]:
        return [packets.read_segment(frame) for frame in self.lab.ask(self.frame(flags, data, options), steps)]

    def take(self, answers: list[Segment]) -> bytes:
        """Acknowledge text, segment after segment, until no more comes."""
        text = b""
        while answers:
            (one,) = answers
            assert one.seq == self.acked and one.ack == self.next
            text += one.data
            self.acked = one.seq + len(one.data) + (one.flags & FIN) & 0xFFFFFFFF
            answers = self.send(ACK) if one.data or one.flags & FIN else []
        return text

    def say(self, data: bytes) -> bytes:
        """What is answered to some text."""
        answers = self.send(ACK | PSH, data)
        self.next += len(data)
        return self.take(answers)

    def close(self) -> bytes:
        """End our side; what the guest still says, before it ends its own."""
        answers = self.send(ACK | FIN)
        self.next += 1
        return self.take(answers)
