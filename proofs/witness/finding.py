"""A guest that shows why an instruction keeps a machine from being virtualized, found, run and confirmed.

`Witnesses(isa).against(name)` gives one of five findings. `Witness`: a program that was run bare and under the monitor
and parts at the culprit; the monitor is of any technique. `Sound`: the instruction passes the exact question, so there
is none. `Unreached`: it fails it, but no program within the lengths tried brings the machine into such a state.
`Turned`: the monitor does not take the machine, so nothing runs under it. `Undecided`: time ran out.

`(prologue)` and `(fetch)` stand for what every step does; the step of a harmless instruction shows a prologue.

Reading order: `witness_chain` (programs with holes), `witness_place` (where things lie), `witness_search` (the
question), `witness_polish` (which words), `witness_text` (the story), `witness_needs` (why there is none).
"""

from dataclasses import dataclass, replace
from difflib import get_close_matches

from isa.assembler import Image, assemble
from isa.description import Instruction, Isa, Use
from isa.devices import Ports, Script, standard
from isa.errors import UsageError
from isa.ir.nodes import FALSE, TRUE, Read, Unknown, Write, nodes
from isa.machine.time import time_of
from monitor.core import Core
from monitor.techniques import TECHNIQUES, TRAP, Monitors, Technique
from proofs.definitions.classification import TIMEOUT, UNASSIGNED, Classifier, Subject, subjects
from proofs.definitions.exact import FETCH, PROLOGUE, Exact, counterexample, direct, exact, fetched, idle_step
from proofs.runs.compare import Comparison, Divergence, Setup, compare
from proofs.terms.solving import Found, exists
from proofs.verdict.exhibits import exhibit, fetch_exhibit
from proofs.verdict.verification import refused_by
from proofs.witness.chain import is_definite
from proofs.witness.needs import Need, Unanswered, needs
from proofs.witness.place import Site
from proofs.witness.polish import Words, polished
from proofs.witness.search import LONGEST, Plan, Search
from proofs.witness.text import Text, Told, changes

INPUT = b"!\n"  # what arrives at the console of a guest that needs a pending bit
STEPS = 1000  # the budget of the run that confirms a witness
STEPS_OF_ALL = (PROLOGUE, FETCH)  # what is part of every step
CARRIERS = 4  # instructions that are tried for one that shows what the prologue did
SHORT = 2  # lengths up to this one are tried before the exact question is asked in general


@dataclass(frozen=True)
class Witness:
    """A confirmed witness. `text` is its source, `words` the size of its machines and `input` what arrives at its
    console; `before` are the instructions that set up the state, `divergence` is what was seen at the culprit, and
    `equivalence` and `control` say which properties break there, under what `monitor`."""

    name: str
    text: str
    words: int
    input: bytes
    before: tuple[str, ...]
    divergence: Divergence
    equivalence: bool
    control: bool
    monitor: str = TRAP.name

    @property
    def breaks(self) -> list[str]:
        pairs = (("equivalence", self.equivalence), ("resource control", self.control))
        return [name for name, broken in pairs if broken]

    def image(self, isa: Isa) -> Image:
        return assemble(isa, self.text, "witness.s")

    def setup(self, isa: Isa, depth: int = 1) -> Setup:
        """To run it again, on the machine that it was found for."""
        return setup(isa, self.image(isa), self.words, self.input, (TECHNIQUES[self.monitor],) * depth)


@dataclass(frozen=True)
class Sound:
    """The instruction passes the exact question; `why` is a sentence."""

    name: str
    why: str


@dataclass(frozen=True)
class Unreached:
    """The instruction fails the exact question in a state that no program tried reaches. `needs` is what such a state
    must have."""

    name: str
    why: str
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Turned:
    """The monitor turns the machine away; `why` says for what reason, and what would go wrong."""

    name: str
    why: str


@dataclass(frozen=True)
class Undecided:
    """The solver did not answer within its time."""

    name: str
    why: str


Finding = Witness | Sound | Unreached | Turned | Undecided


def setup(isa: Isa, image: Image, words: int, input: bytes, monitors: Monitors = 1) -> Setup:
    """The machines that `trapline compare` would build for this program."""

    def ports() -> Ports:
        return standard(isa, input=Script(input) if input else None)

    return Setup(isa, image, words, ports, monitors)


class Witnesses:
    """Finds witnesses on one machine, under a monitor of one technique; `machine` is how a user names it.

    Raises MachineError for a machine whose roles give the monitor no map at all, and UsageError for a technique that
    takes culprits out of its guests.
    """

    def __init__(self, isa: Isa, machine: str = "", timeout: float = 60.0, technique: Technique = TRAP) -> None:
        self.isa, self.machine, self.timeout, self.technique = isa, machine or isa.name, timeout, technique
        if technique.replaces:
            said = f"{technique.name} takes such instructions out of its guests, so that none runs directly"
            raise UsageError(said, f"`trapline verify {self.machine}` says what it assumes of them")
        self.core, self.site = Core(isa, technique), Site.of(isa)
        if self.core.direct is not FALSE:
            _ = self.core.resume, self.core.save, self.core.breach
        self.refused = refused_by(technique, isa)
        self.subjects = {s.name: s for s in subjects(isa)}

    def check(self, name: str) -> None:
        """Raises UsageError if there is no instruction of this name, and nothing else that it stands for."""
        if name not in (*self.subjects, *STEPS_OF_ALL):
            near = get_close_matches(name, [*self.subjects, *STEPS_OF_ALL], 1)
            help = f"did you mean `{near[0]}`?" if near else f"`{UNASSIGNED}` stands for all words without one"
            raise UsageError(f"{self.isa.name} has no instruction called `{name}`", help)

    def against(self, name: str) -> Finding:
        """The finding for an instruction, for `(prologue)` or `(fetch)`. Raises UsageError if there is none of this
        name."""
        self.check(name)
        if self.core.direct is FALSE:
            return Sound(name, f"nothing runs directly: {self.technique.summary}")
        if name in STEPS_OF_ALL:
            return self._against_every_step(name)
        what = self.subjects[name]
        if self.refused:
            return self._sound(what) or self._turned(name, str(exhibit(self.core, what, self._limit)))
        search = Search(self.core, what, self.site, self.timeout)
        found = self._first(search, range(SHORT)) or self._sound(what)
        if found is None and search.unseen:
            why = "it stores outside the window of its virtual machine, which nobody sees who compares that machine; "
            return Unreached(name, f"{why}`trapline prove {self.machine} --properties` watches the words around it")
        return found or self._longer(search)

    @property
    def _limit(self) -> float:
        return min(TIMEOUT, self.timeout)

    # ---- what every step does

    def _against_every_step(self, name: str) -> Finding:
        answer = fetched(self.core, self._limit) if name == FETCH else self._alone()
        if answer.fails is Found.NO:
            return Sound(name, "it is the same under the monitor as bare" + f"; {self.refused}" * bool(self.refused))
        if answer.fails is Found.UNKNOWN:
            return Undecided(name, f"the solver did not answer within {self._limit:g} s")
        if self.refused:
            return self._turned(name, self._shown(name))
        if name == FETCH:
            return Unreached(name, f"no guest is looked for; {self._shown(name)}")
        return self._carried()

    def _alone(self) -> Exact:
        return exact(self.core, idle_step(self.isa), self._limit)

    def _shown(self, name: str) -> str:
        if name == FETCH:
            return str(fetch_exhibit(self.core, self._limit))
        return str(exhibit(self.core, idle_step(self.isa), self._limit))

    def _carried(self) -> Finding:
        """A guest in which the step of some harmless instruction shows what the prologue does."""
        searches = [Search(self.core, what, self.site, self.timeout, of_prologue=True) for what in self._carriers()]
        for search in searches:
            found = self._first(search, range(SHORT))
            if found is not None:
                return found
        return (
            self._longer(searches[0])
            if searches
            else Unreached(PROLOGUE, f"no instruction reads what it leaves; {self._shown(PROLOGUE)}")
        )

    def _carriers(self) -> list[Subject]:
        """Instructions that do little, trap nowhere, and read what the prologue writes."""
        written = {e.state for e in self.isa.prologue.effects if isinstance(e, Write)}

        def reads(what: Subject) -> bool:
            return any(isinstance(n, Read) and n.state in written for n in nodes(*what.behaviour.expressions()))

        free = (s for s in self.subjects.values() if not s.behaviour.traps and is_definite(s.behaviour))
        readers = (s for s in free if reads(s))
        return sorted(readers, key=lambda s: len(s.behaviour.effects) + len(self._uses(s.name)))[:CARRIERS]

    def _uses(self, name: str) -> tuple[Use, ...]:
        return self.isa.instructions[name].uses if name in self.isa.instructions else ()

    # ---- why there is none

    def _turned(self, name: str, shown: str) -> Turned:
        wrong = f". What would go wrong: {shown}" if shown else ""
        return Turned(name, f"the monitor does not take the machine: {self.refused}{wrong}")

    def _sound(self, what: Subject) -> Finding | None:
        """Whether there can be none; asked when none was found soon, since most culprits show themselves at once."""
        limit = self._limit
        if exists(direct(self.core, what, time_of(self.isa)).ran, limit).found is Found.NO:
            why = "it never runs directly: in real user mode it traps whatever the state, and the monitor interprets it"
            return Sound(what.name, why + self._letter(what, limit))
        match counterexample(self.core, what, limit)[1].found:
            case Found.NO:
                why = "whenever it runs directly, it does to the virtual machine what it does to the bare one"
                return Sound(what.name, why + self._letter(what, limit))
            case Found.UNKNOWN:
                return Undecided(what.name, f"the solver did not answer within {limit:g} s")
        return None

    def _letter(self, what: Subject, limit: float) -> str:
        """A word more for what the paper calls a culprit and the exact question does not."""
        verdict = Classifier(self.isa, limit).verdict(what)
        if (verdict.virtualizable if self.core.direct is TRUE else verdict.hybrid) is not Found.NO:
            return ""
        return (
            ". The paper's definitions call it a culprit all the same: they speak of every state of the real machine, "
            "and here it never meets but those in which the monitor has parked the resources"
        )

    def _longer(self, search: Search) -> Finding:
        name = PROLOGUE if search.of_prologue else search.what.name
        try:
            needed = needs(search, self._limit)
        except Unanswered:
            return Undecided(name, f"the solver did not answer within {self._limit:g} s")
        if needed is None:
            return Unreached(name, f"no state of a machine of {self.site.words} words shows it")
        listed = "; ".join(map(str, needed)) or "nothing but the right program"
        for length in range(SHORT, LONGEST + 1):
            for need in needed:
                if need.always and search.banned.issuperset(need.setters):
                    return Unreached(name, f"it needs {need}, and {_nothing(need)} sets it", tuple(needed))
            found = self._first(search, range(length, length + 1))
            if found is not None:
                return found
        if search.gave_up:
            return Undecided(name, f"no program was found within {self.timeout:g} s; it needs {listed}")
        why = f"no {LONGEST} instructions bring the machine from reset to a state that shows it; it needs {listed}"
        return Unreached(name, why, tuple(needed))

    # ---- running

    def _first(self, search: Search, lengths: range) -> Witness | None:
        """The first plan that holds when it is run. An instruction that parts the machines before the culprit does is
        banned from further plans; if they do not part at all, the culprit came too late in a direct run."""
        for plan in search.plans(lengths):
            words = polished(search, plan)
            if words is None:
                continue
            found = self._confirmed(search, words)
            if isinstance(found, Witness):
                return found
            if found is None:
                search.exit_before = True
                search.unseen |= words.breaches is Found.YES and words.unlike is not Found.YES
            elif found.step < len(plan.names):
                search.banned.add(plan.names[found.step])
        return None

    def _confirmed(self, search: Search, words: Words) -> Witness | Divergence | None:
        name = PROLOGUE if search.of_prologue else search.what.name
        told = Told(self.machine, *self._told(name, search.what.name, words))
        image = self._assembled(str(Text(self.isa, self.site, words, told)), words)
        input = INPUT if words.plan.input else b""
        made = setup(self.isa, image, self.site.words, input, (self.technique,))
        ran: Comparison = compare(made, STEPS)
        found = ran.divergence
        if found is None or found.place != words.culprit or found.step != len(words.plan.names):
            return found
        told = replace(told, effects=_effects(made, words.plan), divergence=found, expect=_expectation(found))
        text = str(Text(self.isa, self.site, words, told))
        broken = words.unlike is Found.YES, words.breaches is Found.YES
        return Witness(name, text, self.site.words, input, words.plan.names, found, *broken, self.technique.name)

    def _assembled(self, text: str, words: Words) -> Image:
        image = assemble(self.isa, text, "witness.s")
        made = dict(image.words())
        assert all(made.get(at) == word for at, word in words.words.items()), "a witness must assemble to its words"
        return image

    def _told(self, name: str, carrier: str, words: Words) -> tuple[str, str, str, str]:
        pairs = (("equivalence", words.unlike), ("resource control", words.breaches))
        properties = [name for name, found in pairs if found is Found.YES]
        under = "" if self.core.direct is TRUE else f" under a {self.technique.name} monitor"
        title = f"A witness against `{name}` on {self.isa.name}{under}: it breaks {' and '.join(properties)}."
        instruction = self.isa.instructions.get(carrier)
        does = _description(instruction) if instruction else "It stands for the words that are no instruction."
        if name == PROLOGUE:
            does = (
                f"It is what every step does before its instruction. `{carrier}` stands twice and reads what it left."
            )
        return title, does, " ".join(_BROKEN[p] for p in properties), ""


def _nothing(need: Need) -> str:
    """That there is no setter, or none that is of use."""
    if not need.setters:
        return "nothing else that a guest can do"
    return f"nothing else than {', '.join(need.setters)}, at which the machines part before,"


_BROKEN = {
    "equivalence": "Equivalence breaks: the instruction runs directly, in real user mode, and the virtual machine does "
    "not end where the bare one does.",
    "resource control": "Resource control breaks: without a trap it changes what belongs to the machine below, and the "
    "monitor's audit stops the guest.",
}


def _description(instruction: Instruction) -> str:
    """What the description says of an instruction, in its own words."""
    lines = (line.strip() for line in instruction.meaning.splitlines())
    meaning = "; ".join(line.rstrip(";") for line in lines if line)
    doc = f"{instruction.doc.rstrip('.')}. " if instruction.doc else ""
    syntax = f"{instruction.name} {instruction.template}".strip()
    is_open = any(isinstance(n, Unknown) for n in nodes(*instruction.behaviour.expressions()))
    note = " Where the result is unknown, a run draws it from its seed." if is_open else ""
    return f"`{syntax}`: {doc}It means `{meaning}`.{note}"


def _expectation(found: Divergence) -> str:
    if found.breach:
        said = f"The monitor stops the guest: {found.breach}."
        return f"{said} After the step at pc {found.pc:#x}, bare and under the monitor:"
    return f"After the step at pc {found.pc:#x}, bare and under the monitor:"


def _effects(made: Setup, plan: Plan) -> tuple[str, ...]:
    """What each instruction before the culprit changes on the bare machine."""
    machine, found = made.bare(), []
    names = machine.state.layout.names
    for i in range(len(plan.names)):
        before = list(machine.state.block)
        machine.run(1)
        changed = changes(names, before, list(machine.state.block), made.isa.pc)
        trapped = "traps: " if plan.trap and i == len(plan.names) - 1 else ""
        found.append(trapped + changed)
    return tuple(found)
