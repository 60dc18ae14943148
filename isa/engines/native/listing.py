"""The native code of one instruction, or of one region, cut out of its module: to be looked at, and compiled alone.

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
from isa.engines.native.module import DECLARATIONS, module_source
from isa.engines.native.plan import Handler, Plan, plan_of
from isa.engines.native.regions import Region
from isa.engines.native.text import METADATA
from isa.engines.native.translate import source

_DEFINED = re.compile(r"^define .*?@([\w.]+)\(.*?^}\n", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"@([\w.]+)")
_ENDS = re.compile(r"\.?Lfunc_end|[^.\sL#]")  # in an assembly: where a function ends
_DIRECTIVE = re.compile(r"\s*(\.[a-z]|[#;]|//|$)")
_COLUMN = 52  # where comments stand


@dataclass(frozen=True, slots=True)
class Listing:
    """One function: what it is `of` (a handler of threaded code, the exact step of an instruction, a region); its LLVM
    `text` with comments; and a `module` that can be compiled, of this function and those that it refers to."""

    name: str
    of: Handler | Instruction | Region
    text: str
    module: str

    def optimised(self) -> str:
        """The LLVM text after the passes."""
        return _functions(Compiler().optimised(self.module, Tier.FULL))[self.name]

    def assembly(self) -> str:
        """The host's assembly, without the assembler's directives."""
        label = re.compile(rf"_?{re.escape(self.name)}:")
        lines = dropwhile(lambda line: not label.match(line), Compiler().assembly(self.module, Tier.FULL).splitlines())
        body = takewhile(lambda line: not _ENDS.match(line), islice(lines, 1, None))
        return "\n".join([f"{self.name}:", *(line for line in body if not _DIRECTIVE.match(line))]) + "\n"


def instruction_listings(isa: Isa, instruction: Instruction) -> Iterator[Listing]:
    """The handlers of an instruction, if threaded code has any for it, then its exact step."""
    plan, functions = plan_of(isa), _functions_of(isa)
    for serial, handler in enumerate(plan.handlers, 1):
        if handler.instruction is instruction:
            names = (f"handler.{serial}", f"careful.{serial}")
            yield from (_listing(plan, name, handler, functions) for name in names if name in functions)
    yield _listing(plan, f"step.{plan.instructions.index(instruction)}", instruction, functions)


def region_listing(region: Region) -> Listing:
    """A region's function."""
    return _listing(plan_of(region.isa), "region", region, _functions(source(region, "region")))


@lru_cache(maxsize=4)
def _functions_of(isa: Isa) -> Mapping[str, str]:
    return _functions(module_source(isa))


def _functions(text: str) -> Mapping[str, str]:
    """The functions of a text by their names."""
    return {found[1]: found[0] for found in _DEFINED.finditer(text)}


def _listing(plan: Plan, name: str, of: Handler | Instruction | Region, functions: Mapping[str, str]) -> Listing:
    operands = {o.offset: o.name for o in of.operands} if isinstance(of, Handler) else {}
    comments = _Comments(plan, operands)
    text = "".join(comments.line(line) + "\n" for line in functions[name].splitlines())
    return Listing(name, of, text, _module(functions, name))


def _module(functions: Mapping[str, str], name: str) -> str:
    """A function that can be seen from outside, and those that it refers to."""
    needed, waiting = {name: functions[name].replace("define internal", "define", 1)}, [name]
    while waiting:
        for other in _NAMED.findall(functions[waiting.pop()]):
            if other in functions and other not in needed:
                needed[other] = functions[other]
                waiting.append(other)
    return "\n".join([*needed.values(), DECLARATIONS, METADATA])


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
