"""Explain one instruction of a machine: its encoding drawn as fields, its meaning, what it reads and writes by role,
and the code that runs it: the reference engine's Python, or the native engine's LLVM IR and the host's assembly. All of
it is derived from the description. `trapline machines MACHINE` lists the instructions of a machine. With `--cost`, what
steps, traps, exits and devices of the whole machine cost on this host.

examples:
  trapline explain g3 lw
  trapline explain g3 lw --llvm
  trapline explain g3 add --asm --region matmul
  trapline explain g3 --cost
"""

import argparse
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import chain
from typing import Any

from isa.description import Instruction, Isa, Pseudo
from trapline.combinations import refuse
from trapline.options import add_define_option

SUMMARY = "explain one instruction: encoding, meaning, reads and writes by role, code"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", metavar="MACHINE", help="a shipped machine, or PATH[:NAME] of a description")
    parser.add_argument("instruction", metavar="INSTRUCTION", nargs="?", help="its mnemonic")
    parser.add_argument("--llvm", action="store_true", help="its native code in LLVM's IR")
    parser.add_argument("--asm", action="store_true", help="its native code in the host's assembly")
    told = "the native code of the smallest loop of this guest that has the instruction"
    parser.add_argument("--region", metavar="GUEST", help=told)
    told = "what a step, a trap, an exit and a device's event cost on this host, from some seconds of calibration"
    parser.add_argument("--cost", action="store_true", help=told)
    add_define_option(parser)


def run(arguments: argparse.Namespace) -> int:
    from isa.errors import UsageError
    from isa.machines.catalogue import find
    from trapline.output import console, emit_json

    isa = find(arguments.machine)
    name = arguments.instruction
    if arguments.cost:
        return _cost(isa, arguments)
    if name is None:
        raise UsageError("which instruction shall be explained?", "name one, or ask for `--cost`")
    if name in isa.instructions:
        explained, lines = _explained(isa, isa.instructions[name], arguments)
    else:
        pseudo = _pseudo(isa, name)
        help = "ask for an instruction that it expands to"
        refuse(arguments, ["llvm", "asm", "region"], "shows code, and a pseudo-instruction has none of its own", help)
        explained, lines = _pseudo_facts(pseudo), _pseudo_lines(pseudo)
    if arguments.json:
        emit_json({"machine": isa.name, **explained})
    else:
        console().print("\n".join(lines), soft_wrap=True)
    return 0


def _cost(isa: Isa, arguments: argparse.Namespace) -> int:
    """The costs of the machine, measured now."""
    from isa.engines.choice import NATIVE
    from isa.errors import UsageError
    from trapline.explaining.cost import costs, table
    from trapline.output import emit_json, engine_in_use, show
    from trapline.progress import Line

    help = "leave it away with `--cost`"
    if arguments.instruction is not None:
        raise UsageError("costs are those of a machine, not of an instruction", f"leave `{arguments.instruction}` away")
    refuse(arguments, ["llvm", "asm", "region", "define"], "is about one instruction, and costs are not", help)
    native = engine_in_use(NATIVE) == NATIVE
    with Line() as line:
        found = list(costs(isa, native, line.show))
    if arguments.json:
        emit_json({"machine": isa.name, "costs": [cost.facts() for cost in found]})
        return 0
    show(table(found))
    for cost in found:
        if cost.why:
            print(f"left out: {cost.what}: {cost.why}")
    return 0


def _explained(
    isa: Isa, instruction: Instruction, arguments: argparse.Namespace
) -> tuple[dict[str, Any], Iterable[str]]:
    """The instruction as data and as text, with the code that is asked for."""
    from trapline.explaining.machine_code import ASSEMBLY, LLVM, code_facts, code_lines, native_code
    from trapline.running.programs import find

    facts, lines = _facts(isa, instruction), _lines(isa, instruction)
    forms = [LLVM] * arguments.llvm + [ASSEMBLY] * arguments.asm
    if not forms and arguments.region is None:
        return {**facts, "python": _python(isa, instruction)}, chain(lines, _python_lines(isa, instruction))
    program = None if arguments.region is None else find(arguments.region, arguments.machine, arguments.define)
    listings, forms = native_code(isa, instruction, program), forms or [LLVM]
    if arguments.json:
        return {**facts, "native": code_facts(isa, listings, forms)}, ()
    return {}, chain(lines, code_lines(isa, listings, forms))


def _pseudo(isa: Isa, name: str) -> Pseudo:
    """The pseudo-instruction of that name; UsageError with near names if there is none."""
    from isa.errors import UsageError

    if name not in isa.pseudos:
        near = get_close_matches(name, [*isa.instructions, *isa.pseudos])
        guess = f"did you mean {' or '.join(f'`{n}`' for n in near)}?"
        hint = guess if near else f"`trapline machines {isa.name}` lists them"
        raise UsageError(f"{isa.name} has no instruction `{name}`", hint)
    return isa.pseudos[name]


def _lines(isa: Isa, instruction: Instruction) -> Iterator[str]:
    from trapline.explaining.diagram import draw, meaning_lines

    yield f"{instruction.name} {instruction.template}".rstrip() + f"    ({isa.name}, format {instruction.format})"
    if instruction.doc:
        yield instruction.doc
    yield from ("", *(f"  {line}".rstrip() for line in draw(instruction, isa.word)), "", "meaning")
    yield from (f"  {line}" for line in meaning_lines(instruction))
    yield from _touched(isa, instruction)


def _python_lines(isa: Isa, instruction: Instruction) -> Iterator[str]:
    yield from ("", "the Python that runs it: s is the block of state, m the cells of storage, e the engine")
    yield from (f"  {line}".rstrip() for line in _python(isa, instruction).splitlines())
    yield from _legend(isa, _python(isa, instruction))


def _legend(isa: Isa, source: str) -> Iterator[str]:
    """The names of the slots that a source mentions."""
    import re

    from isa.engines.reference.steps import steps_of

    names = steps_of(isa).layout.names
    slots = sorted({int(slot) for slot in re.findall(r"\bs\[(\d+)\]", source)})
    if slots:
        yield "  # " + ", ".join(f"s[{slot}] is {names[slot]}" for slot in slots)


def _touched(isa: Isa, instruction: Instruction) -> Iterator[str]:
    from trapline.explaining.footprint import footprint

    found = footprint(isa, instruction.behaviour)
    yield ""
    rows = (("reads", found.reads), ("writes", found.writes), ("tests", found.tests), ("traps", found.traps))
    for label, touches in rows:
        yield f"{label:<8}{', '.join(map(str, touches)) or 'nothing'}"


def _facts(isa: Isa, instruction: Instruction) -> dict[str, Any]:
    from trapline.explaining.diagram import boxes
    from trapline.explaining.footprint import footprint

    found = footprint(isa, instruction.behaviour)
    return {
        "instruction": instruction.name,
        "operands": instruction.template,
        "doc": instruction.doc,
        "format": instruction.format,
        "mask": instruction.mask,
        "match": instruction.match,
        "fields": [
            {"low": b.low, "bits": b.width, **({"operand": b.operand} if b.operand else {"fixed": b.text})}
            for b in boxes(instruction, isa.word)
        ],
        "meaning": instruction.meaning,
        "reads": [{"name": t.name, "role": t.role} for t in found.reads],
        "writes": [{"name": t.name, "role": t.role} for t in found.writes],
        "tests": [{"name": t.name, "role": t.role} for t in found.tests],
        "traps": list(found.traps),
    }


def _python(isa: Isa, instruction: Instruction) -> str:
    """The source of the function that the reference engine calls for this instruction."""
    from isa.engines.reference.steps import steps_of

    return steps_of(isa).source(instruction.name)


def _pseudo_lines(pseudo: Pseudo) -> Iterator[str]:
    yield f"{pseudo.name} {pseudo.template}".rstrip() + "    (pseudo-instruction)"
    if pseudo.doc:
        yield pseudo.doc
    yield from ("", "stands for")
    yield from (f"  {name} {operands}".rstrip() for name, operands in pseudo.expansion)


def _pseudo_facts(pseudo: Pseudo) -> dict[str, Any]:
    return {
        "pseudo_instruction": pseudo.name,
        "operands": pseudo.template,
        "doc": pseudo.doc,
        "stands_for": [{"instruction": name, "operands": operands} for name, operands in pseudo.expansion],
    }
