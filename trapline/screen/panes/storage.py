"""Storage of the guest's machine or of the real one: as words, numbers, text or instructions.

By places, as it lies there; or with the relocation applied, as the program sees it now.
"""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from trapline.debugging.code import Row, code
from trapline.debugging.words import Debugger
from trapline.screen.pane import Pane, plain

FORMS = ("hex", "words", "text", "instructions")
NONE = "-"  # what stands where no word is
ADDRESS = 7  # columns


class Storage(Pane):
    """`at` is the address on top, `form` how words are shown, `relocated` whether addresses are the program's, and
    `real` whether it is the real machine's storage."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "form", show=False),
        Binding("r", "relocate", show=False),
        Binding("v", "machine", show=False),
        Binding("a", "app.begin_line('@ ')", show=False),
    ]
    heading = "storage"
    keys = "f form r reloc v real a address"

    def __init__(self) -> None:
        super().__init__()
        self.at, self.form, self.columns = 0, 0, 1
        self.relocated = self.real = False

    def look(self, debugger: Debugger) -> list[Text]:
        machine = debugger.machine.hosts[-1] if self.real else debugger.machine
        image = None if self.real else debugger.image
        height, columns = max(1, self.size.height - 1), self._fitting(machine.isa.word)
        self.columns = columns
        rows = code(machine, image, self.at, height * columns, placed=not self.relocated)
        whose = (", real" if self.real else ", virtual") if len(debugger.machine.hosts) > 1 else ""
        head = f"{FORMS[self.form]}, {'relocation applied' if self.relocated else 'by place'}{whose}"
        lines = [rows[n : n + columns] for n in range(0, len(rows), columns)]
        return [Text(head, "italic"), *(self._line(line, machine.isa.word) for line in lines)]

    def _fitting(self, width: int) -> int:
        """How many words stand on a line: a power of two."""
        each = {"hex": digits(width) + 1, "words": digits(width) + 4, "text": (width + 7) // 8}.get(FORMS[self.form])
        fitting = (self.size.width - ADDRESS) // each if each else 1
        return 1 << max(1, fitting).bit_length() - 1

    def _line(self, rows: list[Row], width: int) -> Text:
        first = rows[0].pc
        line = Text(f"{first:>5x}".ljust(ADDRESS))
        form = FORMS[self.form]
        if form == "instructions":
            word = NONE if rows[0].word is None else f"{rows[0].word:0{digits(width)}x}"
            label = f"{rows[0].label}: " if rows[0].label else ""
            return line.append(f"{word}  {label}{plain(rows[0].text)}")
        return line.append("".join(shown(row.word, form, width) for row in rows))

    def go(self, address: int) -> None:
        """Have this address on top."""
        self.at = max(0, address)
        self.moved(0)

    def moved(self, by: int) -> None:
        self.at = max(0, self.at + by * self.columns)
        self.post_message(self.Moved(self))

    def action_begin(self) -> None:
        self.go(0)

    def action_finish(self) -> None:
        self.action_page(1)

    def action_form(self) -> None:
        self.form = (self.form + 1) % len(FORMS)
        self.moved(0)

    def action_relocate(self) -> None:
        self.relocated = not self.relocated
        self.moved(0)

    def action_machine(self) -> None:
        self.real = not self.real
        self.moved(0)


def digits(width: int) -> int:
    return (width + 3) // 4


def shown(word: int | None, form: str, width: int) -> str:
    """A word in one of the forms, with the blank behind it."""
    if form == "text":
        count = (width + 7) // 8
        return NONE * count if word is None else plain(word.to_bytes(count, "big").decode("latin-1"))
    if form == "words":
        signed = word if word is None or word < 1 << width - 1 else word - (1 << width)
        return f"{NONE if signed is None else signed:>{digits(width) + 3}} "
    return f"{NONE * digits(width) if word is None else f'{word:0{digits(width)}x}'} "
