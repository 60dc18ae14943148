"""What native code and Python share: the frame of one machine, and the tables of one storage.

Native code gets the address of a frame and nothing else, and contains no address itself, so one compiled object serves
every machine and every process. A frame is an array of 64-bit fields. The tables have one entry for each word of a
root storage; they are anonymous mappings, so what is never touched is never resident.
"""

import ctypes
from collections.abc import Callable, Iterable
from enum import IntEnum
from threading import Lock
from weakref import WeakKeyDictionary

from isa.errors import MachineError
from isa.machine.state import MachineState
from isa.machine.storage import CODE, LINE_SHIFT, RECORD, REFERENCE, REGION, Storage, lazy

OWN = (
    "state",  # the state block
    "cells",  # the first word of this machine's storage, and below its line, code byte, record and entry
    "lines",
    "code",
    "records",
    "entries",
    "table",  # where threaded code goes on: see `isa.engines.native.dispatch`
    "size",  # words of storage
    "touch",  # the function that notes a store into a line that was not simply dirty
    "claim",  # the function that tells whether words may be written: see `isa.engines.native.claims`
    "rejoin",  # the function that regions go on in: see `isa.engines.native.landing`
    "heat",  # how often a place is jumped to before it is reported as hot; 0: never
    "entered",  # the entry of the region that was entered last, and how many steps were left there
    "lent",
    "earned",  # steps taken in regions since a jump last led to a place that has none
    "polls",  # the table of words that a guest may receive without Python: see `isa.devices.polling`
    "attentive",  # whether code returns after each step that may have changed the mode, or relocation
    "watched",  # whether somebody looks at single steps, so that Python has to see to whatever is not one
    "breaking",  # whether there are breakpoints, and lists of them: see `isa.engines.native.stopping`
    "pcs",
    "places",
    "awaited",  # whether a device is due at some step, and ends an idle then at the latest
    # what a run leaves behind
    "skipped",  # steps that passed in idling, not yet counted
    "ran",  # steps taken, trapped ones included
    "trapped",  # how many of them trapped
    "cause",  # the trap that was demanded, `site` being its number among `Sites`
    "info",
    "site",
    "hot",  # the pc that became hot
    # if it counts: `isa.machine.counts`, at this machine's first word
    "counts",
    "traps",
    "counted",  # the word of the step that is taken exactly
    "moded",  # the mode as it was seen last, plus 1: code returns when it is another one; 0: it does not
    # scratch of the loop and the threaded code
    "limit",  # steps of this run, and whether traps are delivered
    "deliver",
    "allowed",  # how many steps after the counters were true the stretch ends
    "place",  # the record of pc 0, and the end of the fetch window
    "window",
    "span",  # bytes of its records
    "zero",  # the record of pc 0, while in a region
    # what a machine above it, and who records its steps, asks of this one
    "run",  # the functions that run this machine, and that take or trap a single step of it
    "single",
    "take",
    "enter",
    "skip",  # the function that lets time pass where the next step spins
    "used",  # set by Python if this machine used a channel in the run that the machine above asked for
    "steps",  # steps that the machine above had this one take, not yet counted
    "ended",  # the code that this machine last returned
)  # of every machine

LAYER = (
    "below",  # the frame of the machine below, and where in its storage this machine's begins
    "offset",
    "bare",  # the frame in which this machine runs by itself, as long as it may not run on the one below
    "slice",  # how many steps either may take before Python looks after it
    "due",  # whether reaching the limit is an exit, and of what kind: an `Outcome`, or 0
    "inside",  # whether the machine below is in the middle of a run
    "allowed",  # the steps of that run, and those that it has taken
    "partial",
    "next",  # what the run ended with in Python: TRAP, HALT or VIOLATION; else 0
    "direct",  # steps that the machine below took, and those taken singly, not yet counted
    "interpreted",
    "since",  # steps since the last exit
    "because",  # if a single step was left to Python: the cause for which it is taken singly, or `NOTHING`
    "index",  # the table of exits: see `isa.engines.native.exits`
    "exits",
    "known",
    "log",  # where the next record of an exit goes, and where there is no room any more: `isa.engines.native.told`
    "log_end",
)  # of a machine that runs on another one: see `isa.engines.native.layers`

REWRITTEN = "rewritten"  # how many words of code were overwritten; the words follow in `MOST_REWRITTEN` fields
FIELDS = (*OWN, *LAYER, REWRITTEN)
FIELD = {name: number for number, name in enumerate(FIELDS)}
_WATCHED, _AWAITED = FIELD["watched"], FIELD["awaited"]
LONGEST = 8  # instructions of a run: see `isa.engines.native.fused`
BEFORE = LONGEST - 1  # records before that of a word that may lead to a handler of its instruction as well
MOST_REWRITTEN = 64  # words of code that one step can overwrite
HOISTED = len(FIELDS) + MOST_REWRITTEN  # the first field for values that hold as long as the context does


class Code(IntEnum):
    """Why native code returned."""

    LIMIT = 0
    TRAP = 1  # demanded, and not delivered: `cause`, `info`, `site`
    SPIN = 2  # nothing but a device will ever end it, or somebody wants to see it
    HALT = 3  # halted by the last step
    ASK = 4  # the next step is Python's
    HOT = 5  # the place `hot` was jumped to often
    REWRITTEN = 6  # the last step overwrote code that Python knows of
    # of a machine that runs on another one
    VIOLATION = 7  # a machine below was ended, because it was changed where it must not be
    BREACH = 8  # the machine below was changed where it must not be
    FULL = 9  # there is no room for another kind of exit
    # of any machine
    BREAK = 10  # the next step is at a breakpoint


CODES = tuple(Code)  # an Enum is slow to ask for its members
Execute = Callable[[int, int, int], int]  # a function of native code that gets a frame, and what it is told

BELOW = 16  # added to a code that leaves something to Python at a machine below the one that returns it


class Tables:
    """Predecoded records and entries into regions, one each for every word of a root storage, as one description reads
    it, which `digest` names."""

    def __init__(self, root: Storage, record_bytes: int, digest: str, runs: int) -> None:
        self.record_bytes, self.digest = record_bytes, digest
        self.runs = runs  # the first number of a handler that does a run of instructions
        words = len(root.cells)
        self.records = lazy((BEFORE + words) * record_bytes)[BEFORE * record_bytes :]
        entries = lazy(words * 8)
        self._code, self._lines = root.code, root.lines
        self.entries = entries.cast("Q")
        self.addresses = address(self.records), address(entries)
        root.on_code_write(self.forget)

    def decoded(self, word: int) -> bool:
        """Whether the word of the root ran since it was written."""
        return self.number(word) != 0

    def watch(self, word: int) -> None:
        """Have the line looked at in which a word of the root lies, at every store. For the thread that runs there."""
        self._lines[word >> LINE_SHIFT] |= CODE

    def mark(self, word: int) -> None:
        """Have every store into a watched word reported. A plain store, since another thread may be running there: it
        says more than is known."""
        self._code[word] = REFERENCE | RECORD | REGION

    def forget(self, word: int) -> None:
        """The word of the root was overwritten: its record is emptied, and so are those before that lead to the handler
        of a run, which may do its instruction as well."""
        self.lead(word, 0)
        for before in range(max(0, word - BEFORE), word):
            if self.is_run(self.number(before)):
                self.lead(before, 0)

    def number(self, word: int) -> int:
        """The number of the handler in the record of a word of the root; 0 if it has none."""
        first = word * self.record_bytes
        return self.records[first] | self.records[first + 1] << 8

    def is_run(self, number: int) -> bool:
        """Whether a number is that of a handler that does a run of instructions."""
        return number >= self.runs

    def lead(self, word: int, number: int) -> None:
        """Have the record lead to a handler."""
        first = word * self.record_bytes
        self.records[first : first + 2] = number.to_bytes(2, "little")


_MAKING = Lock()
_TABLES: "WeakKeyDictionary[Storage, Tables]" = WeakKeyDictionary()


def tables_of(storage: Storage, record_bytes: int, digest: str, runs: int) -> Tables:
    """The tables of a storage's root, made once. Raises MachineError if another description has run there."""
    root = storage.root
    with _MAKING:
        if root not in _TABLES:
            _TABLES[root] = Tables(root, record_bytes, digest, runs)
    if _TABLES[root].digest != digest:
        raise MachineError("two descriptions cannot run natively on one storage", "give each a storage of its own")
    return _TABLES[root]


def address(buffer: object) -> int:
    """Where a writable buffer lies. It must outlive the use of the address."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))  # type: ignore[arg-type]


def callable_at(address: int) -> Execute:
    """`execute`, or another function that is called in the same way, as one of Python."""
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(address)


class Frame:
    """One machine as native code sees it. `hoisted` is how many values its code keeps there."""

    def __init__(self, state: MachineState, storage: Storage, tables: Tables, hoisted: int) -> None:
        self.fields = (ctypes.c_uint64 * (HOISTED + hoisted))()
        self.address = ctypes.addressof(self.fields)
        self._kept = state.block, storage, tables
        addresses = storage.addresses
        records, entries = tables.addresses
        self["state"] = state.block.buffer_info()[0]
        self["cells"], self["lines"], self["code"] = addresses.cells, addresses.lines, addresses.code
        self["records"] = records + storage.offset * tables.record_bytes
        self["entries"] = entries + storage.offset * 8
        self["size"] = storage.size

    def __getitem__(self, field: str) -> int:
        return self.fields[FIELD[field]]

    def __setitem__(self, field: str, value: int) -> None:
        self.fields[FIELD[field]] = value

    def look(self, watched: bool, awaited: bool) -> None:
        """Before a run: whether somebody looks at single steps, and whether a device is due at some step."""
        self.fields[_WATCHED], self.fields[_AWAITED] = watched, awaited

    def take_skipped(self) -> int:
        """The steps that passed in idling since the last call."""
        skipped, self["skipped"] = self["skipped"], 0
        return skipped

    def take_rewritten(self) -> Iterable[int]:
        """The words of storage, counted from this machine's first, whose code was overwritten since the last call."""
        first = len(FIELDS)
        words = list(self.fields[first : first + self[REWRITTEN]])
        self[REWRITTEN] = 0
        return words
