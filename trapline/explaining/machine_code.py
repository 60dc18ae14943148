"""An instruction's native code, for people: what each function is made from, how it is written in LLVM's IR, what
LLVM's passes make of that, and the host's assembly. `docs/engine.md` explains what is seen.

What LLVM would be given can be shown without it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from isa.description import Instruction, Isa
from isa.errors import TraplineError, UsageError
from isa.ir.fold import negate
from trapline.explaining.notation import behaviour_lines, expression_lines

if TYPE_CHECKING:
    from isa.engines.native.listing import Listing
    from isa.engines.native.plan import Handler
    from isa.engines.native.regions import Region
    from trapline.running.programs import Program

LLVM, ASSEMBLY = "llvm", "asm"  # the forms of code


class NoCompiler(TraplineError):
    """Assembly was asked for where nothing can make it."""

    def __init__(self) -> None:
        super().__init__(
            "llvmlite cannot be loaded here, and without it there is no assembly to show",
            "install it, or ask for `--llvm`: what LLVM would be given can still be shown",
        )


def native_code(isa: Isa, instruction: Instruction, program: "Program | None") -> "list[Listing]":
    """The functions to show: the handlers and the exact step of an instruction; or, with a program, its smallest loop
    that has the instruction, as one region. Raises UsageError if there is none."""
    from isa.engines.native.listing import instruction_listings, region_listing

    if program is None:
        return list(instruction_listings(isa, instruction))
    regions = [region for region in _loops(isa, program) if _has(region, instruction)]
    if not regions:
        raise UsageError(f"{program.name} has no loop with `{instruction.name}` in it", "name a guest that has one")
    return [region_listing(min(regions, key=lambda region: (len(region.code), region.lo)))]


def code_lines(isa: Isa, listings: "list[Listing]", forms: list[str]) -> Iterator[str]:
    """All functions in these forms; the first one after LLVM's passes too. Raises NoCompiler."""
    compiles = _compiles(forms)
    for listing in listings:
        title, made_from = _described(isa, listing)
        yield from ("", f"{listing.name}: {title}", *(f"  {line}" for line in made_from))
        if LLVM in forms:
            yield from _section("as it is written", listing.text)
        if LLVM in forms and compiles and listing is listings[0]:
            yield from _section("after LLVM's passes", listing.optimised())
        if ASSEMBLY in forms:
            yield from _section("in assembly", listing.assembly())


def code_facts(isa: Isa, listings: "list[Listing]", forms: list[str]) -> list[dict[str, Any]]:
    """The same for programs; every function after LLVM's passes, None without LLVM. Raises NoCompiler."""
    compiles = _compiles(forms)
    found = []
    for listing in listings:
        title, made_from = _described(isa, listing)
        facts: dict[str, Any] = {"function": listing.name, "title": title, "made_from": list(made_from)}
        if LLVM in forms:
            facts |= {"llvm": listing.text, "after_passes": listing.optimised() if compiles else None}
        if ASSEMBLY in forms:
            facts["assembly"] = listing.assembly()
        found.append(facts)
    return found


def _compiles(forms: list[str]) -> bool:
    from isa.engines.native.compiler import available

    if ASSEMBLY in forms and not available():
        raise NoCompiler
    return available()


def _section(title: str, text: str) -> Iterator[str]:
    yield from (f"  {title}", *(f"    {line}".rstrip() for line in text.expandtabs(8).splitlines()))


# ---- what a function is made from


def _described(isa: Isa, listing: "Listing") -> tuple[str, Iterator[str]]:
    """What a function is, and what it is made from."""
    from isa.engines.native.plan import Handler, plan_of

    match listing.of:
        case Handler() as handler:
            if listing.name.startswith("careful"):
                return "in its place where a store has to be noted", iter(())
            return "in threaded code" + _when(isa, handler), _handled(isa, handler, listing.text)
        case Instruction() as instruction:
            behaviour, _ = plan_of(isa).step(instruction)
            return "the exact step, once prologue and fetch let it through", behaviour_lines(isa, behaviour)
        case region:
            return f"{len(region.code)} instructions as one function", _disassembled(region)


def _when(isa: Isa, handler: "Handler") -> str:
    """Under which condition on its operands a word has this handler."""
    if handler.choice is None:
        return ""
    condition = handler.choice if handler.when else negate(handler.choice)
    *_, told = expression_lines(isa, "", condition)
    return f", where {told.removeprefix(' = ')}"


def _handled(isa: Isa, handler: "Handler", text: str) -> Iterator[str]:
    """The behaviour of a handler, what was computed for it when the context was entered, and its record."""
    from isa.engines.native.plan import plan_of

    plan = plan_of(isa)
    for expression, number in plan.hoisted.items():
        if f"; hoisted {number}\n" in text:
            yield from expression_lines(isa, f"hoisted {number}", expression)
    yield from behaviour_lines(isa, handler.behaviour)
    places = ["0 handler", *(f"{o.offset} {o.name}" for o in sorted(handler.operands, key=lambda o: o.offset))]
    yield f"# record of {plan.record_bytes} bytes: {', '.join(places)}"


def _disassembled(region: "Region") -> Iterator[str]:
    from isa.assembler.disassembly import Disassembler

    machine = Disassembler(region.isa)
    for pc, placed in sorted(region.code.items()):
        yield f"{pc:#x}  {machine.statement(placed.word, pc, {})}"


# ---- the loops of a program


def _loops(isa: Isa, program: "Program") -> Iterator["Region"]:
    """The regions that begin where a program jumps back to, as if all of it had run."""
    from isa.engines.native.regions import discover
    from isa.engines.native.shapes import shapes_of

    words = {segment.address + n: word for segment in program.image.segments for n, word in enumerate(segment.words)}
    placed = [found for pc, word in words.items() if (found := shapes_of(isa).placed(pc, word)) is not None]
    for head in sorted({goal for found in placed for goal in found.goals if goal <= found.pc}):
        region = discover(isa, words.get, head, lambda pc: True)
        if region is not None:
            yield region


def _has(region: "Region", instruction: Instruction) -> bool:
    return any(placed.word & instruction.mask == instruction.match for placed in region.code.values())
