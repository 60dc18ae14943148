"""The smallest set of guards that makes a theorem hold, written as a variant and verified.

The theorem is Theorem 1, or 3 for a hybrid monitor (`conditions`): fewer instructions break that. A guard is a trap in
front of an instruction's meaning, taken in every mode that does not count as supervisor. Every culprit breaks the
theorem alone, and a guard changes nothing for the others: so the smallest set is one guard for each
culprit. Whether that is enough is not argued but verified. What guards cannot mend is said: a prologue or a fetch that
goes wrong under the monitor, a trap entry that loses what must be put back, an assumption that is not kept, a machine
that our monitor refuses.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from isa.description import Instruction, Isa, Role
from isa.errors import Source, SourceError
from isa.ir.fold import either
from isa.ir.nodes import FALSE, TRUE, Behaviour, Expr, TrapIf
from isa.language import load_text, syntax
from isa.language.library import Library
from isa.language.parser import parse
from isa.passes.normal import bits_read, specialiser
from proofs.definitions.classification import UNASSIGNED
from proofs.definitions.machine_facts import EXACT_PREMISES
from proofs.terms.solving import Found
from proofs.terms.words import place_name
from proofs.terms.workers import Progress, no_progress
from proofs.verdict.conditions import ALWAYS, Condition
from proofs.verdict.theorems import Verification
from proofs.verdict.verification import TIMEOUT, verify

SUFFIX = "_guarded"


@dataclass(frozen=True)
class Repair:
    """`text` is the variant in the language of descriptions, `guarded` what it guards, `verification` that of the
    repaired machine; if there is none, `obstacles` says why guards cannot do it (or that nothing needs a repair).
    `condition` is the theorem that was to hold."""

    of: Verification
    condition: Condition
    guarded: tuple[str, ...] = ()
    text: str = ""
    verification: Verification | None = None
    obstacles: tuple[str, ...] = ()

    @property
    def holds(self) -> Found:
        """Whether the theorem holds in the end."""
        return self.condition.holds(self.verification or self.of)


def repair(
    found: Verification,
    around: str,
    timeout: float = TIMEOUT,
    workers: int = 2,
    progress: Progress = no_progress,
    condition: Condition = ALWAYS,
) -> Repair:
    """Guard the culprits of a machine that was verified. `around` is the text of its file, in which the variant will
    stand, or empty for a shipped machine. Raises SourceError if the variant is refused."""
    if condition.holds(found) is Found.YES:
        return Repair(found, condition)
    obstacles = _obstacles(found, condition)
    if obstacles:
        return Repair(found, condition, obstacles=tuple(obstacles))
    names = condition.culprits(found)
    isa, name = found.isa, _fresh_name(found.isa.name, around)
    text = variant(isa, name, names, _guard(isa, names, around))
    repaired = load_text(f"{around}\n{text}", name, f"{isa.name} with guards")
    after = verify(repaired, timeout, workers, progress)
    return Repair(found, condition, names, text, after, tuple(_left(after, condition)))


def _obstacles(found: Verification, condition: Condition) -> list[str]:
    """What no guard mends."""
    unknown = found.unknown if condition.holds(found) is Found.UNKNOWN else []
    refused, broken = condition.refused(found), condition.broken(found)
    return [
        *(f"unknown: {line}" for line in unknown),
        *([f"our monitor refuses it: {refused}"] if refused else []),
        *(f"the {f.name}, which no guard changes: {f.detail}" for f in broken),
    ]


def _left(after: Verification, condition: Condition) -> Iterator[str]:
    """What still stands against it."""
    yield from (f"{name}: {after.finding(name).reason}" for name in condition.culprits(after))
    premises = (f for f in after.facts if f.name in EXACT_PREMISES)
    yield from (f"{f.name}: {f.detail}" for f in premises if condition.premise(f) is not Found.YES)


def _fresh_name(name: str, around: str) -> str:
    taken = set(re.findall(r"\w+", around))
    fresh, number = name + SUFFIX, 2
    while fresh in taken:
        fresh, number = f"{name}{SUFFIX}{number}", number + 1
    return fresh


# ---- the variant


def variant(isa: Isa, name: str, names: tuple[str, ...], guard: str) -> str:
    """The text of the variant `name` of a machine in which these are guarded by a statement."""
    changes = [_guarded_step(isa, guard) if n == UNASSIGNED else _guarded(isa.instructions[n], guard) for n in names]
    doc = f"{isa.name} with what its culprits lack: a guard each."
    return "\n".join([f'variant {name} of {isa.name} "{doc}" {{', *changes, "}", ""])


def _guarded(instruction: Instruction, guard: str) -> str:
    """The instruction as its file has it, with the guard in front of its meaning."""
    item = _item(instruction)
    doc = f'"{item.doc}" ' if item.doc else ""
    head = f'  override instr {item.name} "{item.template}" {item.format}({item.arguments_text}) {doc}'
    return f"{head}{_block(guard, item.body.text)}"


def _block(guard: str, text: str) -> str:
    body = text.strip("\n").rstrip()
    if "\n" in body or "#" in body:
        return f"{{\n    {guard}\n{body}\n  }}"
    return f"{{ {'; '.join(part for part in (guard, body.strip()) if part)} }}"


def _item(instruction: Instruction) -> syntax.InstrItem:
    """The syntax of an instruction, found again where its description stands."""
    for declaration in Library.of(instruction.span.source).declarations.values():
        items = declaration.items if isinstance(declaration, syntax.Machine) else [c.item for c in declaration.changes]
        for item in items:
            if isinstance(item, syntax.InstrItem) and item.span == instruction.span:
                return item
    raise AssertionError(f"{instruction.name} does not stand where its description says")


def _guarded_step(isa: Isa, guard: str) -> str:
    """The step with a guard in front of what unassigned words do."""
    head, body = "isa it {\nstep {\n", isa.texts["step"]
    text = f"{body}\n"
    otherwise = _otherwise(f"{head}{text}}}\n}}")
    lines = text.splitlines(keepends=True)
    at = sum(map(len, lines[: otherwise.span.line - 3])) + otherwise.span.column - 1
    if otherwise.text:  # the span begins at the brace
        text = f"{text[: at + 1]} {guard}; {text[at + 1 :].lstrip(' ')}"
    else:  # a trap alone: its span begins at the cause
        at = text.rindex("trap", 0, at)
        text = f"{text[:at]}{{ {guard}; {text[at:]}}}"
    return "  override step {\n" + "\n".join(f"    {line}".rstrip() for line in text.splitlines()) + "\n  }"


def _otherwise(text: str) -> syntax.Block:
    """What follows `else` in the step of a machine that has nothing else."""
    (machine,) = parse(Source("step", text))
    assert isinstance(machine, syntax.Machine) and isinstance(machine.items[0], syntax.StepItem)
    execute = machine.items[0].body.statements[-1]
    assert isinstance(execute, syntax.Execute)
    return execute.otherwise


# ---- the guard


def _guard(isa: Isa, names: tuple[str, ...], around: str) -> str:
    """A call of the description's own guard if it has one, else the trap written out."""
    plain = written_guard(isa)
    first = next((n for n in names if n != UNASSIGNED), None)
    for heading in isa.texts if first else ():
        called = re.fullmatch(r"def (\w+)\(\)", heading)
        if called and first and _is_guard(isa, first, f"{called[1]}()", around):
            return f"{called[1]}()"
    return plain


def _is_guard(isa: Isa, name: str, call: str, around: str) -> bool:
    """Whether a call, in front of an instruction, traps in user mode and does nothing else."""
    probe = _fresh_name(f"{isa.name}_probe", around)
    try:
        tried = load_text(f"{around}\n{variant(isa, probe, (name,), call)}", probe)
    except SourceError:
        return False
    before, after = isa.instructions[name].behaviour, tried.instructions[name].behaviour
    added = after.traps[: len(after.traps) - len(before.traps)]
    unchanged = Behaviour(after.traps[len(added) :], after.effects) == before
    return unchanged and len(added) == 1 and is_guard(isa, added[0])


def is_guard(isa: Isa, trap: TrapIf) -> bool:
    """Whether a trap is taken in every mode but those that count as supervisor, and in none of these."""
    mode = isa.the(Role.MODE)
    bits = frozenset((mode.state, b) for b in range(mode.low, mode.low + mode.width))
    if trap.view or not bits_read([trap.guard]) <= bits or not bits_read([trap.guard]):
        return False
    modes = isa.modes

    def taken(value: int) -> Expr:
        return specialiser(isa, {}, {mode.state: value << mode.low})(either(trap.guard))

    return all(taken(v) is TRUE for v in modes.others) and all(taken(v) is FALSE for v in modes.supervisors)


def written_guard(isa: Isa) -> str:
    """The guard as a statement: the cause that guards of this machine have most often, or that of unassigned words."""
    traps = [t for i in isa.instructions.values() for t in i.behaviour.traps]
    causes = Counter(t.cause for t in traps if is_guard(isa, t))
    causes.update({t.cause: 0 for t in isa.unassigned.traps})
    cause = isa.cause.name_of(causes.most_common(1)[0][0]) if causes else next(iter(isa.cause.members))
    info = "insn" if isa.info_width == isa.word else "0"
    mode, modes = place_name(isa, isa.the(Role.MODE)), isa.modes
    outside = " || ".join(f"{mode} == {name}" for name in modes.values if name not in modes.ruling)
    return f"trap {cause}({info}) when {outside}"
