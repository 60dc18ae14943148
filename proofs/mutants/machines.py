"""Mutants of a machine: an instruction without its guard, and the variants of `planted.isa`."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from isa.description import Isa
from isa.errors import MachineError
from isa.ir.nodes import Store
from monitor.core import Core
from monitor.monitor import core_of
from proofs.definitions.access import Check as Answer
from proofs.definitions.access import contained
from proofs.definitions.classification import Classifier, Subject, subjects
from proofs.definitions.machine_facts import (
    CONTAINMENT,
    STEADY_VIEW,
    TIMER,
    TRAP_ENTRY,
    Fact,
    fetch_contained,
    fetch_steady,
    timer,
    trap_entry,
)
from proofs.mutants.mutant import QUESTION, Check, Make, Mutant, Topic, both_ways, machine, news
from proofs.obligations.statements import MAP
from proofs.terms.solving import Found
from proofs.verdict.reasons import letter_reason


def _contained(isa: Isa, timeout: float) -> Answer:
    """Of the fetch and of an instruction that stores."""
    storing = (s for s in subjects(isa) if any(isinstance(e, Store) for e in s.behaviour.effects))
    fetched = fetch_contained(isa, timeout)
    return fetched if fetched.holds is Found.NO else contained(next(storing), timeout)


DIRECT = ("direct", "frame", "audit")
_FACTS: dict[str, Callable[[Isa, float], Answer | Fact]] = {
    CONTAINMENT: _contained,
    STEADY_VIEW: fetch_steady,
    TRAP_ENTRY: trap_entry,
    TIMER: timer,
}
_COMPOSITION, _ADMISSION = "composition", "admission"

# Theorems among the checks, and the topic of each.
THEOREMS: dict[str, Topic] = {
    _COMPOSITION: lambda isa: MAP,
    **dict.fromkeys(("timely", "assumption", "efficiency"), lambda isa: news(isa)[0]),
}

# Which checks must refute a variant of `planted.isa`.
VARIANTS = {
    "view_wraps": (CONTAINMENT, _ADMISSION, _COMPOSITION),
    "view_unbounded": (CONTAINMENT, _ADMISSION, _COMPOSITION),
    "view_one_more": (CONTAINMENT, _ADMISSION, _COMPOSITION),
    "view_past_storage": (CONTAINMENT,),
    "view_absolute_bound": (_ADMISSION, _COMPOSITION),
    "view_subtracts": (CONTAINMENT, _ADMISSION, _COMPOSITION),
    "view_joins": (_ADMISSION, _COMPOSITION),
    "view_not_in_supervisor": (STEADY_VIEW, _ADMISSION, _COMPOSITION),
    "view_trusts_supervisor": (STEADY_VIEW, _ADMISSION, _COMPOSITION),
    "entry_forgets_pc": (TRAP_ENTRY,),
    "entry_forgets_status": (TRAP_ENTRY,),
    "entry_saves_new_status": (TRAP_ENTRY,),
    "entry_forgets_bound": (TRAP_ENTRY,),
    "clock_skips": (_ADMISSION,),
    "clock_loses_ticks": (TIMER,),
    "clock_asks_a_register": (_ADMISSION,),
    "clock_rings_at_reset": (_ADMISSION,),
    "late": ("timely",),
    "sets_what_is_clear": ("assumption",),
    "refuses_without_clock": ("efficiency",),
}
CULPRITS = (
    "g3_jrst",
    "g3_sgdt",
    "g3_popf",
    "reads_timer",
    "reads_mode",
    "loads_base",
    "loads_bound",
    "sets_pending",
    "rises",
    "sends_for_supervisor",
    "loses_a_word",
)


def machine_mutants() -> list[Mutant]:
    """The mutants of G3: every guard taken away, the culprits that are shipped, and `VARIANTS`."""
    g3 = machine("g3")
    unguarded = [_culprit(f"{name} unguarded", partial(_unguarded, "g3", name), name) for name in guarded(g3)]
    culprits = [_culprit(name, partial(machine, name), news(machine(name))[0]) for name in CULPRITS]
    return [*unguarded, *culprits, *(_variant(name, checks) for name, checks in VARIANTS.items())]


# ---- instructions


def guarded(isa: Isa) -> list[str]:
    """The instructions that look at the mode before they do anything."""
    found = (Subject(isa, i.name, i.behaviour) for i in isa.instructions.values())
    return [what.name for what in found if what.without_guard.behaviour != what.behaviour]


@cache
def _unguarded(machine_name: str, name: str) -> Isa:
    isa = machine(machine_name)
    instruction = isa.instructions[name]
    bare = replace(instruction, behaviour=Subject(isa, name, instruction.behaviour).without_guard.behaviour)
    return replace(isa, name=f"{isa.name} with {name} unguarded", instructions={**isa.instructions, name: bare})


def _culprit(title: str, make: Callable[[], Isa], name: str) -> Mutant:
    """A machine with an instruction that keeps it from being virtualized."""
    what = f"lets everybody use {name}" if title.startswith(name) else machine(title).doc
    steps = both_ways(_core(make), lambda isa: name, *DIRECT)
    return Mutant("machine", title, what, (Check("verdict", lambda: verdict(make(), name)), *steps))


def verdict(isa: Isa, name: str) -> str | None:
    what = next(s for s in subjects(isa) if s.name == name)
    found = Classifier(isa, QUESTION).verdict(what)
    return letter_reason(found) if found.virtualizable is Found.NO else None


def _core(make: Callable[[], Isa]) -> Make:
    return lambda: (Core(make()), None)


# ---- the rest of the description


def _variant(name: str, checks: tuple[str, ...]) -> Mutant:
    make = partial(machine, name)
    found: list[Check] = []
    for check in checks:
        if check in THEOREMS:
            found += both_ways(_core(make), THEOREMS[check], check)
        else:
            ask = refused if check == _ADMISSION else partial(broken, check)
            found.append(Check(check, partial(_asked, ask, make)))
    return Mutant("machine", name, make().doc, tuple(found))


def _asked(ask: Callable[[Isa], str | None], make: Callable[[], Isa]) -> str | None:
    return ask(make())


def broken(fact: str, isa: Isa) -> str | None:
    """The counterexample to a fact of the machine."""
    found = _FACTS[fact](isa, QUESTION)
    return found.detail if found.holds is Found.NO else None


def refused(isa: Isa) -> str | None:
    """Why the monitor does not take the machine."""
    try:
        core_of(isa)
    except MachineError as error:
        return error.message
    return None
