"""A monitor in assembly, proved: every way in which a guest leaves, through the monitor's own code, to its next entry.

What is supposed of the monitor's own words is found first (`claims.py`), and which of them nothing changes: all that
the image has, but for the block and what is stored to by an address that stands in the code, or is stored to on a path.
If a path breaks any of it, that is dropped and everything is proved again. Theorem 1 must hold for the machine, and the
map be right (`proofs.verdict.proving`): an exit takes over where a direct run ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

from isa.description import Role
from isa.ir.nodes import Const, Store
from monitor.core import Core
from proofs.programs.asking import Questions
from proofs.programs.claims import Claim, Fixed, Running, Small, Tied
from proofs.programs.code import Code
from proofs.programs.convention import Monitor, NoMonitor
from proofs.programs.direct import meddling
from proofs.programs.exits import EVERY, Exit, exits, leaving
from proofs.programs.guest import Guest
from proofs.programs.judging import Judge, Wrong
from proofs.programs.paths import Ending, Path, Paths
from proofs.programs.stated import Devices, private
from proofs.programs.telling import Shown, shown
from proofs.programs.values import known, lifted, lowered
from proofs.terms.solving import Answer, Found
from proofs.terms.symbolic import is_false
from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress

TIMEOUT = 600.0  # seconds for a monitor
ROUNDS = 6  # how often claims may be dropped
SUGGESTIONS = 2  # rounds of them: what is seen in the first helps to see more


@dataclass(frozen=True)
class Failure:
    """What is wrong with an exit, or stayed open. `claim` is set if it is no more than a claim that is not kept."""

    found: Found
    what: str
    line: str
    shown: Shown | None = None
    claim: Claim | None = None


@dataclass(frozen=True)
class Outcome:
    """One exit, decided. `steps` is the longest of its paths; `written` and `relied` are own words that were taken for
    constant: those that a path stores to after all, and those that one has read."""

    name: str
    paths: int = 0
    steps: int = 0
    asked: int = 0
    seconds: float = 0.0
    failures: tuple[Failure, ...] = ()
    ends: tuple[str, ...] = ()
    written: frozenset[int] = frozenset()
    relied: frozenset[int] = frozenset()

    @property
    def proved(self) -> bool:
        return not self.failures

    @property
    def open(self) -> bool:
        """Whether it is neither proved nor refuted."""
        return bool(self.failures) and not any(f.found is Found.YES for f in self.failures)


@dataclass(frozen=True)
class Proof:
    """What was proved of a monitor."""

    monitor: Monitor
    outcomes: tuple[Outcome, ...]
    claims: frozenset[Claim]
    constant: frozenset[int] = field(repr=False)
    meddling: tuple[str, ...] = ()
    whole: bool = True  # whether all exits were asked for

    @property
    def holds(self) -> bool:
        return all(o.proved for o in self.outcomes) and not self.meddling

    @property
    def unknown(self) -> bool:
        return any(o.open for o in self.outcomes)


def prove(
    monitor: Monitor,
    only: frozenset[str] = frozenset(),
    timeout: float = TIMEOUT,
    workers: int = 2,
    progress: Progress = no_progress,
) -> Proof:
    """Prove the exits of a monitor's guests, or those of some instructions (`only`). Raises NoMonitor for one that no
    trap enters."""
    guest = guest_of(monitor)
    found: dict[str, list[Outcome]] = {}
    left = [n for n in leaving(monitor.isa) if not only or n in only]
    for _ in range(ROUNDS):
        guest.prepare()
        jobs = [partial(decided, guest, name) for name in left]
        results = answers(jobs, Limits(timeout, timeout, workers), progress)
        found |= {name: _heard(name, result) for name, result in zip(left, results, strict=True)}
        guest, left = _corrected(guest, found)
        if not left:
            break
    outcomes = [o for name in leaving(monitor.isa) for o in found.get(name, ())]
    return Proof(monitor, tuple(outcomes), guest.claims, guest.constant, tuple(meddling(monitor.isa)), not only)


def _corrected(guest: Guest, found: dict[str, list[Outcome]]) -> tuple[Guest, list[str]]:
    """What can be supposed after all, and the exits that have supposed more."""
    outcomes = [o for some in found.values() for o in some]
    broken = {f.claim for o in outcomes for f in o.failures if f.claim is not None} & guest.claims
    written = frozenset(a for o in outcomes for a in o.written) & guest.constant
    less = replace(guest, claims=guest.claims - broken, constant=guest.constant - written)
    stale = [name for name, some in found.items() if broken or any(o.relied & written for o in some)]
    return less, stale


def _heard(name: str, found: list[Outcome] | Lost) -> list[Outcome]:
    if isinstance(found, Lost):
        return [Outcome(name, failures=(Failure(Found.UNKNOWN, found.reason, ""),))]
    return found


# ---- one exit


def decided(guest: Guest, name: str) -> list[Outcome]:
    """All exits of one name."""
    return [_decided(guest, found) for found in exits(guest, name)]


def _decided(guest: Guest, exit: Exit) -> Outcome:
    began = perf_counter()
    paths, judge = tried(guest, exit)
    failures: list[Failure] = []
    ends: list[str] = []
    written: set[int] = set()
    steps = 0
    for path in paths.until(exit.entry, stops(guest.monitor)):
        steps = max(steps, path.state.steps)
        written |= path.state.written.keys() & guest.constant
        ends.append(end_name(guest.monitor, path))
        failures += _failures(guest, exit, paths, judge, path)
    relied = frozenset(exit.entry.looked & guest.constant)
    asked = paths.questions.asked + judge.questions.asked
    seconds = perf_counter() - began
    return Outcome(
        exit.name, len(ends), steps, asked, seconds, tuple(failures), tuple(ends), frozenset(written), relied
    )


def refutation(guest: Guest, name: str) -> Failure | None:
    """The first thing that is surely wrong with the exits of a name, if anything is."""
    for exit in exits(guest, name):
        paths, judge = tried(guest, exit)
        for path in paths.until(exit.entry, stops(guest.monitor)):
            for failure in _failures(guest, exit, paths, judge, path):
                if failure.found is Found.YES:
                    return failure
    return None


def tried(guest: Guest, exit: Exit) -> tuple[Paths, Judge]:
    """The paths of an exit, not run yet, and who judges them."""
    given = [*guest.hypotheses, *exit.conditions]
    paths = Paths(guest.code, guest.setting, given)
    paths.routines = dict.fromkeys(guest.monitor.devices, Devices(guest).act)
    paths.apart = guest.monitor.at("VM_STEPS"), guest.monitor.at("VM_STEPS", 1)
    return paths, Judge(guest, exit, Questions(guest.setting, given))


def stops(monitor: Monitor) -> frozenset[int]:
    """Where paths end."""
    return frozenset({monitor.leave, monitor.ended, *monitor.away})


def end_name(monitor: Monitor, path: Path) -> str:
    if path.ending is not Ending.THERE:
        return path.ending.name.lower()
    special = {monitor.leave: "leave", monitor.ended: "ended"}
    return special.get(path.at) or monitor.away[path.at]


def _failures(guest: Guest, exit: Exit, paths: Paths, judge: Judge, path: Path) -> Iterator[Failure]:
    line = guest.monitor.line(path.at)
    judge.questions.given = path.conditions
    entered = paths.behind(path) if path.ending is Ending.THERE and path.at == guest.monitor.leave else None
    if path.ending is not Ending.THERE or (entered is None and path.at == guest.monitor.leave):
        answer = judge.questions.model()
        what = path.ending.value if path.ending is not Ending.THERE else "the way into the guest traps"
        if answer.found is not Found.NO:
            yield Failure(answer.found, what, line, _shown(guest, exit, path, answer, None))
        return
    for wrong in judge.wrongs(path, entered):
        if is_false(wrong.when):
            continue
        answer = judge.questions.found(wrong.when, exit.addresses)
        if answer.found is not Found.NO:
            place = path.state.written.get(wrong.place) if wrong.place is not None else path.at
            line = guest.monitor.line(path.at if place is None or place < 0 else place)
            yield Failure(answer.found, wrong.what, line, _shown(guest, exit, path, answer, wrong), wrong.claim)


def _shown(guest: Guest, exit: Exit, path: Path, answer: Answer, wrong: Wrong | None) -> Shown | None:
    return None if answer.model is None else shown(guest, exit, path, answer.model, wrong)


# ---- what is supposed


def guest_of(monitor: Monitor) -> Guest:
    """An arbitrary guest of a monitor, with the claims that its first paths suggest. Raises as `supposing`."""
    guest = supposing(monitor, frozenset())
    moving = {m.place.state for m in guest.code.time.moving}
    likely: frozenset[Claim] = frozenset(Small(address) for address in private(guest) - guest.constant)
    likely |= {Running(name) for name in moving}
    for _ in range(SUGGESTIONS):
        likely = _suggestions(replace(guest, claims=likely))
    return replace(guest, claims=likely)


def supposing(monitor: Monitor, claims: frozenset[Claim]) -> Guest:
    """An arbitrary guest of a monitor, with these claims. Raises NoMonitor for one that no trap enters."""
    guest = Guest(monitor, Core(monitor.isa), Code(monitor.isa), frozenset(), _constant(monitor, frozenset()))
    entry, moving = next(exits(guest, EVERY)).entry, {m.place.state for m in guest.code.time.moving}
    context = {n: v for n, v in entry.scalars.items() if known(v) and n not in moving}
    guest = replace(guest, claims=claims, constant=_constant(monitor, _stored(guest, context)))
    if not known(next(exits(guest, EVERY)).entry.scalars[monitor.isa.pc]):
        raise NoMonitor(
            "a trap does not lead to a fixed place of the image, so it is not the monitor that is entered",
            "have the image hold the words that a trap loads; a monitor that is a process is entered by its system",
        )
    return guest


def _suggestions(guest: Guest) -> frozenset[Claim]:
    """The claims that hold by their looks wherever the guest is entered after an exit that is no instruction's."""
    *_, exit = exits(guest, EVERY)
    paths, _ = tried(guest, exit)
    ends = list(paths.until(exit.entry, stops(guest.monitor)))
    entries = [p for p in ends if p.ending is Ending.THERE and p.at == guest.monitor.leave]
    found = [set(_suggested(guest, paths, path)) for path in entries]
    return frozenset(set.intersection(*found)) if found else frozenset()


def _suggested(guest: Guest, paths: Paths, path: Path) -> Iterator[Claim]:
    """The claims that hold by their looks at the end of a path."""
    isa = guest.isa
    entered = paths.behind(path)
    if entered is None:
        return
    moving = {m.place.state for m in guest.code.time.moving}
    others = {p.state for role in (Role.PC, Role.BASE, Role.BOUND, Role.HALT, Role.PENDING) for p in isa.roles[role]}
    for name in entered.scalars.keys() - moving - others:
        if known(entered.scalars[name]):
            yield Fixed(name, entered.scalars[name])
    for name in moving:
        yield Running(name)
        for address in path.state.written.keys() - private(guest):
            width = isa.states[name].width
            more = lowered(lifted(path.state.word(address), width) - lifted(entered.scalars[name], width))
            if known(more):
                yield Tied(address, name, more)
    for address in path.state.written.keys() & private(guest):
        if address not in guest.constant:
            yield Small(address)


def _stored(guest: Guest, context: dict[str, int]) -> frozenset[int]:
    """The addresses that the code of the image stores to, as far as they stand in it."""
    found = set()
    for pc, word in guest.monitor.words.items():
        body, _ = guest.code.body(word)
        if any(isinstance(e, Store) for e in body.effects):
            step = guest.code.step(word, tuple({**context, guest.isa.pc: pc}.items()))
            found |= {e.index.value for e in step.effects if isinstance(e, Store) and isinstance(e.index, Const)}
    return frozenset(found)


def _constant(monitor: Monitor, stored: frozenset[int]) -> frozenset[int]:
    """The words of the image that are code or tables, as it seems: not those that fill room, for which the image has no
    line, nor the block, nor those that are stored to."""
    block = range(monitor.vm, monitor.vm + monitor.image.symbols["VM_WORDS"])
    written = (a for a in monitor.words if a in monitor.image.lines or not monitor.image.lines)
    return frozenset(written) - stored - frozenset(block)
