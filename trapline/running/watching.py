"""The assumptions of a technique, watched from outside the monitor: does the guest keep to them?

The engine of the real machine tells what the guest does with the words that were replaced (`isa.machine.watch`), so a
run that broke an assumption says which, and at which step. That takes the reference engine, step by step; who asks for
the native engine is not watched, and told so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from isa.engines.choice import NATIVE, WATCHING
from isa.machine import Machine
from isa.machine.watch import Touch, Watch, watch_of
from trapline.running.rig import Rig

if TYPE_CHECKING:
    from isa.assembler import Image
    from monitor import VirtualMachine
    from proofs.runs.compare import Setup

BROKEN = {
    Touch.READ: "the guest reads an instruction that was replaced",
    Touch.WRITTEN: "the guest writes an instruction that was replaced",
    Touch.RUN: "the guest brings an instruction that would have to be replaced",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """An assumption that did not hold, first before this step, and the place of the word."""

    step: int
    touch: Touch
    place: int


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a run rests on; `broken` is None if nothing is known of that. Where not every step was `watched`, writes are
    seen alone, and of the steps only when they were not yet."""

    assumes: tuple[str, ...]
    broken: tuple[Broken, ...] | None
    watched: bool

    def lines(self, image: "Image | None") -> Iterator[str]:
        """For people."""
        if not self.broken:
            watched = "and nobody watched" if self.broken is None else "and it was so"
            yield f"assumed of the guest, {watched}: {'; '.join(self.assumes)}"
            if self.broken is None:
                yield "`--engine reference` watches"
        for found in self.broken or ():
            when = f"{'at' if self.watched else 'after'} step {found.step:,}"
            yield f"an assumption is broken {when}: {BROKEN[found.touch]}: {_where(found, image)}"

    def facts(self) -> dict[str, Any]:
        broken = None if self.broken is None else [_facts(found) for found in self.broken]
        return {"assumes": list(self.assumes), "watched": self.watched, "broken": broken}


def engine_for(monitors: object, engine: str) -> str:
    """The engine that watches, where there is something to watch and nobody wants speed."""
    assumes = isinstance(monitors, tuple) and any(technique.assumes for technique in monitors)
    return WATCHING if assumes and engine != NATIVE else engine


@dataclass(frozen=True, slots=True)
class Resting:
    """A run that rests on assumptions, and what watches them; `watched`: whether every step is looked at."""

    vm: "VirtualMachine"
    watch: Watch
    watched: bool

    def found(self) -> Assumptions:
        """What came of it so far."""
        offset = self.vm.storage.offset
        broken = [Broken(step, touch, word - offset) for touch, (step, word) in self.watch.first.items()]
        known = tuple(sorted(broken, key=_step)) if self.watched or broken else None
        return Assumptions(self.vm.monitor.technique.assumes, known, self.watched)


def resting_on(rig: Rig) -> Resting | None:
    """Watch a guest from now on, which is loaded. None for one of which nothing is assumed."""
    vm = rig.virtual
    if vm is None or not vm.monitor.technique.assumes:
        return None
    watch = watch_of(vm.storage)
    watch.words = {vm.storage.offset + place for place in vm.replaced}
    watch.names = vm.monitor.technique.culprits or frozenset()
    watch.now = lambda begun: _steps(vm, begun)
    for place in vm.replaced:
        vm.storage.mark_code(place)
    vm.storage.on_code_write(watch.written)
    return Resting(vm, watch, rig.engine == WATCHING)


def watched_run(setup: "Setup", steps: int) -> Assumptions | None:
    """What came of the assumptions in so many steps of a setup's monitored guest; None if it rests on none."""
    vm = replace(setup, engine=WATCHING).monitored()
    resting = resting_on(Rig(setup.isa, vm, setup.monitors, WATCHING))
    if resting is None:
        return None
    vm.run(steps)
    return resting.found()


def _step(found: Broken) -> int:
    return found.step


def _steps(machine: Machine, begun: int) -> int:
    """How many steps a machine has taken, in the middle of one; `begun` of the real one's run."""
    from monitor import VirtualMachine

    if not isinstance(machine, VirtualMachine):
        return machine.steps + begun
    dispatcher = machine.dispatcher
    return machine.steps + dispatcher.done + _steps(dispatcher.below, begun) - dispatcher.began


def _where(found: Broken, image: "Image | None") -> str:
    line = image.lines.get(found.place) if image else None
    return f"word {found.place:#x}" + (f", {line.file}:{line.line}: {line.text.strip()}" if line else "")


def _facts(found: Broken) -> dict[str, Any]:
    return {"step": found.step, "assumption": BROKEN[found.touch], "place": found.place}
