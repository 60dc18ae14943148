"""What a checked `.isa` file is: the frozen `Isa` and its parts. Made by `isa.language`, read by everything else.

All meanings are `Behaviour`s of `isa.ir.nodes`. Widths are in bits, sizes in words, `low` counts from bit 0 on the
right.
"""

from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from isa.classes import dataclass, field
from isa.display import Displayed
from isa.errors import Span
from isa.ir.nodes import Behaviour, Expr, Read, TrapIf


class Role(Enum):
    """What the monitor and the proofs know of a piece of state."""

    STORAGE = "storage"
    GENERAL = "general"
    PC = "pc"
    MODE = "mode"
    BASE = "base"
    BOUND = "bound"
    CONTROL = "control"
    TIMER = "timer"
    ENABLE = "enable"
    PENDING = "pending"
    CHANNEL = "channel"
    HALT = "halt"
    RESOURCE = "resource"


class Kind(Enum):
    SCALAR = "scalar"
    ARRAY = "array"
    STORAGE = "storage"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Enumeration:
    """`enum Mode : bits(1) { supervisor = 0, user = 1 }`."""

    name: str
    width: int
    members: dict[str, int]

    def name_of(self, value: int) -> str | None:
        return next((n for n, v in self.members.items() if v == value), None)


@dataclass(frozen=True, slots=True)
class Field:
    """Named bits [low, low + width) of a scalar."""

    name: str
    low: int
    width: int
    role: Role | None
    enum: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A piece of the machine's state. `count` is the number of cells of an array or channel, 1 for a scalar and 0 for
    storage, whose size belongs to the machine. `zero` lists cells that always read as zero: the semantics guards
    every write to them, so engines need only start them at zero. `exit` is the cell
    that a guest leaves its exit code in, if this state has that."""

    name: str
    kind: Kind
    width: int
    count: int
    role: Role | None
    fields: tuple[Field, ...] = ()
    zero: frozenset[int] = frozenset()
    enum: str | None = None
    doc: str = ""
    exit: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role lives: bits [low, low + width) of the state `state`."""

    state: str
    low: int
    width: int


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes, by name, from the most to the least privileged; `ruling` are those that count as supervisor.

    A monitor runs everything of its guests in one real mode, the least privileged: `guest`, its value."""

    values: dict[str, int]
    ruling: tuple[str, ...]

    @property
    def supervisors(self) -> tuple[int, ...]:
        """The values that count as supervisor."""
        return tuple(self.values[name] for name in self.ruling)

    @property
    def others(self) -> tuple[int, ...]:
        """The values that do not."""
        return tuple(value for name, value in self.values.items() if name not in self.ruling)

    @property
    def guest(self) -> int:
        return self.others[-1]


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand type: how a field of the word is written in assembly.

    `style` is a printf-like template with one of %d %u %x %#x. A style with text around the number (`r%d`) is a
    register: only that text, or an alias, is accepted. A bare style (`%d`) takes any constant expression.
    `pcrel`, if given, is an expression over `Read(pc)`: the assembler stores target - pcrel, the disassembler adds it.
    """

    name: str
    width: int
    signed: bool
    style: str
    pcrel: Expr | None = None
    aliases: dict[str, int] = field(default_factory=dict)
    doc: str = ""

    @property
    def is_register(self) -> bool:
        return not self.style.startswith("%")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bits [operand_low, +width) of an operand lie in bits [word_low, +width) of the instruction word."""

    word_low: int
    operand_low: int
    width: int


@dataclass(frozen=True, slots=True)
class Use:
    """One formal operand of an instruction: its name in template and meaning, its type, where its bits are."""

    name: str
    operand: Operand
    pieces: tuple[Piece, ...]

    def extract(self, word: int) -> int:
        """The operand's bits (unsigned) from an instruction word."""
        return sum((word >> p.word_low & ((1 << p.width) - 1)) << p.operand_low for p in self.pieces)

    def deposit(self, value: int) -> int:
        """The word with these bits and zeros elsewhere."""
        return sum((value >> p.operand_low & ((1 << p.width) - 1)) << p.word_low for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. A word is this instruction when `word & mask == match`.

    `uses` are the operands in the order of the format; the behaviour knows them as `Param(name)`.
    `template` is the assembly operand text ("d, k(a)"), in which the names of `uses` stand.
    `meaning` is the body's source text, `format` the format's name and `fixed` its named constant fields for drawing.
    """

    name: str
    template: str
    uses: tuple[Use, ...]
    mask: int
    match: int
    behaviour: Behaviour
    doc: str
    format: str
    meaning: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A mnemonic that stands for a fixed number of real instructions.

    `template` is the operand text; names in it are parameters. `expansion` has (mnemonic, operand text) in which a
    parameter may stand anywhere an operand or expression may, and `p[31:16]` is a slice of its value.
    """

    name: str
    template: str
    expansion: tuple[tuple[str, str], ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Fetch:
    """How a step gets its word: the traps of the access, and the word itself (normally a `Load`)."""

    traps: tuple[TrapIf, ...]
    word: Expr


@dataclass(frozen=True, slots=True)
class Assumption:
    """A standing condition; every verdict prints it."""

    condition: Expr
    text: str


@dataclass(frozen=True, eq=False, repr=False)
class Isa(Displayed):
    """A machine description after all checks.

    One step is `prologue`, then fetch, then the instruction's behaviour (or `unassigned`, with the word as
    `Param("insn")`), in one atomic behaviour: see `isa.ir.nodes`. `entry` is `on trap`, over `Param("cause")` and
    `Param("info")`. `ruling` names the modes that count as supervisor: see `modes`. `texts` holds source texts by
    heading (`view mem[va]`, `on trap`, `step`, ...), for the manual.
    """

    name: str
    doc: str
    word: int
    enums: dict[str, Enumeration]
    states: dict[str, State]
    cause: Enumeration
    cause_width: int
    info_width: int
    reset: Behaviour
    entry: Behaviour
    prologue: Behaviour
    fetch: Fetch
    unassigned: Behaviour
    instructions: dict[str, Instruction]
    operands: dict[str, Operand]
    pseudos: dict[str, Pseudo]
    assumptions: tuple[Assumption, ...] = ()
    ruling: tuple[str, ...] = ("supervisor",)
    parent: str | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def title(self) -> str:
        return f"machine {self.name}"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "", self.doc
        yield "bits of a word", str(self.word)
        yield "instructions", str(len(self.instructions))

    @cached_property
    def roles(self) -> dict[Role, tuple[Place, ...]]:
        """Every place that has a role. A field's own role counts instead of that of the word it lies in; a word whose
        role is `CONTROL` is listed whole."""
        found: dict[Role, list[Place]] = {role: [] for role in Role}
        for state in self.states.values():
            if state.role is not None:
                found[state.role].append(Place(state.name, 0, state.width))
            for f in state.fields:
                if f.role is not None:
                    found[f.role].append(Place(state.name, f.low, f.width))
        return {role: tuple(places) for role, places in found.items()}

    def the(self, role: Role) -> Place:
        """The only place with this role; KeyError if there is none or more than one."""
        places = self.roles[role]
        if len(places) != 1:
            raise KeyError(role.value)
        return places[0]

    @cached_property
    def modes(self) -> Modes:
        """The modes, those that count as supervisor first."""
        place = self.the(Role.MODE)
        state = self.states[place.state]
        enum = next((f.enum for f in state.fields if f.role is Role.MODE), state.enum)
        assert enum is not None  # the language checks it
        members = self.enums[enum].members
        order = sorted(members, key=lambda name: name not in self.ruling)  # stable: otherwise as they are listed
        return Modes({name: members[name] for name in order}, self.ruling)

    @property
    def pc(self) -> str:
        """The name of the program counter, a whole scalar."""
        return self.the(Role.PC).state

    @cached_property
    def storage(self) -> State:
        return self.states[self.the(Role.STORAGE).state]

    @cached_property
    def exit(self) -> tuple[str, int] | None:
        """Where a guest that halts leaves its exit code, 0 for success: a state and its cell; None if that is not
        stated."""
        return next(((s.name, s.exit) for s in self.states.values() if s.exit is not None), None)

    def step(self, behaviour: Behaviour) -> Behaviour:
        """The whole step of an instruction with this body: prologue, fetch and body as one atomic behaviour."""
        return self.prologue.then(Behaviour(self.fetch.traps)).then(behaviour)

    def read(self, place: Place) -> Expr:
        """The value of a place, as an expression over the state."""
        from isa.ir.fold import slice_

        return slice_(Read(self.states[place.state].width, place.state), place.low, place.width)

    def scalars(self) -> Iterator[State]:
        return (s for s in self.states.values() if s.kind is Kind.SCALAR)
