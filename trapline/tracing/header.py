"""What a trace file says of its run: the machine, the guest, and all that its lines need to become text."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from isa.assembler import Image
from isa.description import Isa
from isa.errors import TraplineError
from isa.machine.identity import meaning_digest
from isa.machine.trace_format import TraceError
from isa.machine.wording import Wording, wording_of
from trapline.reports.exits import source_line


@dataclass(frozen=True, slots=True)
class Header:
    """`meaning` is the digest of the machine's description and `image` that of the guest's words and entry, None if
    the run was resumed. `of` is the level of the machine that was traced: 0 is the real one, `depth` the guest's.
    `lines` are the source lines by place."""

    machine: str
    meaning: str
    wording: Wording
    guest: str
    image: str | None
    seed: int
    depth: int
    of: int
    registers: bool
    labels: dict[str, int]
    lines: dict[int, str]

    def facts(self) -> dict[str, Any]:
        """As the file has it: docs/trace-format.md lists the keys."""
        texts = {text: number for number, text in enumerate(dict.fromkeys(self.lines.values()))}
        return {
            **self.summary(),
            "digits": self.wording.digits,
            "causes": [[number, name] for number, name in self.wording.causes.items()],
            "slots": list(self.wording.slots),
            "labels": self.labels,
            "texts": list(texts),
            "lines": [[place, texts[text]] for place, text in self.lines.items()],
        }

    def summary(self) -> dict[str, Any]:
        names = ("machine", "meaning", "guest", "image", "seed", "depth", "of", "registers")
        return {name: getattr(self, name) for name in names}

    def worded(self, notes: frozenset[str], isa: Isa | None) -> Wording:
        """The wording with these notes. `isa` is needed for mnemonics."""
        wording = self.wording if "registers" in notes else replace(self.wording, slots=())
        if "source" in notes:
            wording = replace(wording, source=lambda place: self.lines.get(place, ""))
        if "mnemonic" in notes:
            assert isa is not None
            wording = replace(wording, mnemonic=_mnemonics(isa, self.labels))
        return wording


def header_of(isa: Isa, image: Image | None, guest: str, seed: int, depth: int, of: int, registers: bool) -> Header:
    places = image.lines if image is not None else {}
    return Header(
        machine=isa.name,
        meaning=meaning_digest(isa),
        wording=wording_of(isa),
        guest=guest,
        image=None if image is None else _digest(image),
        seed=seed,
        depth=depth,
        of=of,
        registers=registers,
        labels=labels_of(image),
        lines={place: source_line(image, place) for place in places},
    )


def labels_of(image: Image | None) -> dict[str, int]:
    """The guest's labels, constants apart; none for a resumed guest."""
    return (
        {} if image is None else {name: value for name, value in image.symbols.items() if name not in image.constants}
    )


def header_from(facts: dict[str, Any], name: str) -> Header:
    """The header of a file. Raises TraceError if something in it is not what it must be."""
    try:
        texts = [_checked(text, str) for text in facts["texts"]]
        causes = {_checked(number, int): _checked(cause, str) for number, cause in facts["causes"]}
        slots = tuple(_checked(slot, str) for slot in facts["slots"])
        if not 1 <= _checked(facts["digits"], int) <= 16:
            raise ValueError
        return Header(
            machine=_checked(facts["machine"], str),
            meaning=_checked(facts["meaning"], str),
            wording=Wording(facts["digits"], causes, slots),
            guest=_checked(facts["guest"], str),
            image=None if facts["image"] is None else _checked(facts["image"], str),
            seed=_checked(facts["seed"], int),
            depth=_checked(facts["depth"], int),
            of=_checked(facts["of"], int),
            registers=_checked(facts["registers"], bool),
            labels={_checked(label, str): _checked(pc, int) for label, pc in facts["labels"].items()},
            lines={_checked(place, int): texts[text] for place, text in facts["lines"]},
        )
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        raise TraceError(f"the trace {name} is damaged: its header is not one", "trace the run again") from None


def described(header: Header, isa: Isa) -> Isa:
    """The description, if it is that of the machine that was traced. Raises TraplineError for another one."""
    if meaning_digest(isa) != header.meaning:
        raise TraplineError(
            f"the trace is of another {header.machine} than {isa.name} is now",
            "give the description that was run, with `--isa`, or leave `mnemonic` away",
        )
    return isa


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value


def _digest(image: Image) -> str:
    """SHA-256, in hex, of what is loaded: the entry, and every word with its address."""
    words = "".join(f"{address:x} {word:x}\n" for address, word in image.words())
    return sha256(f"{image.machine} {image.word} {image.entry:x}\n{words}".encode()).hexdigest()


def _mnemonics(isa: Isa, labels: dict[str, int]) -> Any:
    from isa.assembler.disassembly import Disassembler

    disassembler, named = Disassembler(isa), {value: name for name, value in reversed(labels.items())}
    return lambda word, pc: disassembler.statement(word, pc, named)
