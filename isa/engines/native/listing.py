"""The native code of one instruction, or of one region, to be looked at: cut out of the module that runs.

In a text as it was written, fields of the frame and of the state, operands of the record and codes are named in
comments.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import dropwhile, islice, takewhile

from isa.description import Instruction, Isa
from isa.engines.native.compiler import Compiler, Tier
from isa.engines.native.frame import FIELDS, HOISTED, Code
from isa.engines.native.module import TIER, module_source
from isa.engines.native.plan import Handler, Plan, plan_of
from isa.engines.native.regions import Region
from isa.engines.native.translate import source

_DEFINED = re.compile(r"^define .*?@([\w.]+)\(.*?^}\n", re.MULTILINE | re.DOTALL)
_ENDS = re.compile(r"\.?Lfunc_end|[^.\sL#]")  # in an assembly: where a function ends
_DIRECTIVE = re.compile(r"\s*(\.[a-z]|[#;]|//|$)")
_LOCAL = re.compile(r"\.?LBB\d+_")
_COLUMN = 52  # where comments stand


@dataclass(frozen=True, slots=True)
class Listing:
    """One function: what it is `of` (a handler of threaded code, the exact step of an instruction, a region), its LLVM
    `text` with comments, and the text of the `module` that it is compiled in."""

    name: str
    of: Handler | Instruction | Region
    text: str
    module: str

    @property
    def tier(self) -> Tier:
        """The best that is made of it."""
        return Tier.FULL if isinstance(self.of, Region) else TIER

    def optimised(self) -> str:
        """The LLVM text after the passes."""
        return _functions(_optimised(self.module, self.tier))[self.name]

    def assembly(self) -> str:
        """The host's assembly, without the assembler's directives and with short names for labels."""
        label = re.compile(rf"_?{re.escape(self.name)}:")
        lines = dropwhile(lambda line: not label.match(line), _assembly(self.module, self.tier).splitlines())
        body = takewhile(lambda line: not _ENDS.match(line), islice(lines, 1, None))
        kept = (_LOCAL.sub(".L", line) for line in body if not _DIRECTIVE.match(line))
        return "\n".join([f"{self.name}:", *kept]) + "\n"


def instruction_listings(isa: Isa, instruction: Instruction) -> Iterator[Listing]:
    """The handlers of an instruction, if threaded code has any for it, then its exact step."""
    plan, module = plan_of(isa), _module(isa)
    functions = _functions(module)
    for serial, handler in enumerate(plan.handlers, 1):
        if handler.instruction is instruction:
            names = (f"handler.{serial}", f"careful.{serial}")
            yield from (_listing(plan, name, handler, module) for name in names if name in functions)
    yield _listing(plan, f"step.{plan.instructions.index(instruction)}", instruction, module)


def region_listing(region: Region) -> Listing:
    """A region's function."""
    return _listing(plan_of(region.isa), "region", region, source(region, "region"))


def _listing(plan: Plan, name: str, of: Handler | Instruction | Region, module: str) -> Listing:
    operands = {o.offset: o.name for o in of.operands} if isinstance(of, Handler) else {}
    comments = _Comments(plan, operands)
    text = "".join(comments.line(line) + "\n" for line in _functions(module)[name].splitlines())
    return Listing(name, of, text, module)


# ---- whole modules


@lru_cache(maxsize=4)
def _module(isa: Isa) -> str:
    return module_source(isa)


@lru_cache(maxsize=4)
def _functions(module: str) -> Mapping[str, str]:
    """The functions of a text by their names."""
    return {found[1]: found[0] for found in _DEFINED.finditer(module)}


@lru_cache(maxsize=4)
def _optimised(module: str, tier: Tier) -> str:
    return Compiler().optimised(module, tier)


@lru_cache(maxsize=4)
def _assembly(module: str, tier: Tier) -> str:
    return Compiler().assembly(module, tier)


class _Comments:
    """Says what numbers in a text stand for. `operands` are those of a record, by their offsets."""

    def __init__(self, plan: Plan, operands: Mapping[int, str]) -> None:
        self.operands = {**operands, plan.record_bytes: "the next record"}
        self.slots = plan.layout.names
        self.pointers = {"%state"}  # operands that point to the first slot of the state

    def line(self, line: str) -> str:
        """The line, with a comment if there is something to say."""
        comment = next((told for told in self._found(line) if told), "")
        return f"{line:{_COLUMN}}; {comment}" if comment else line

    def _found(self, line: str) -> Iterator[str]:
        for found in re.finditer(r"(%\w+) = load ptr, ptr %frame$", line):
            self.pointers.add(found[1])
            yield "the state"
        for found in re.finditer(r"= getelementptr i64, ptr (%\w+), i64 (\d+|%\w+)$", line):
            yield _field(found[2]) if found[1] == "%frame" else self._slot(found[1], found[2])
        for found in re.finditer(r"= add i64 %ip, (\d+)$", line):
            yield self.operands.get(int(found[1]), "")
        for found in re.finditer(r"ret i64 (\d+)$", line):
            yield Code(int(found[1]) & 255).name

    def _slot(self, pointer: str, index: str) -> str:
        """A slot of the state by its number; by an operand, one of the register file that comes first."""
        if pointer not in self.pointers:
            return ""
        return self.slots[int(index)] if index.isdigit() else self.slots[0].replace("[0]", f"[{index}]")


def _field(index: str) -> str:
    """The name of a field of the frame."""
    number = int(index) if index.isdigit() else len(FIELDS)
    return FIELDS[number] if number < len(FIELDS) else f"hoisted {number - HOISTED}" if number >= HOISTED else ""
