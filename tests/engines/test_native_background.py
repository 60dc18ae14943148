"""Work in the background is done once, in order of priority, and never keeps a process from ending."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pytest

from isa.assembler import assemble
from isa.engines.choice import bare
from isa.engines.native import background, translations
from isa.engines.native.background import AHEAD, BACKGROUND, LATER, MOST_WAITING, Background, Job
from isa.engines.native.engine import FIRST_SLICE, LONG_SLICE, SLICE, NativeEngine
from isa.engines.native.options import Options
from isa.engines.reference.engine import ReferenceEngine
from isa.files.cache import VARIABLE
from isa.machine import Machine, Storage
from tests.machines_to_test import G3

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "workers", lambda: 1)


class Gate:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        self.go.wait()
        return "passed"


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.go.set()


def submitted(queue: Background, work: Callable[[], Any], priority: int = 0) -> Job[Any]:
    job = queue.submit(work, priority)
    assert job is not None
    return job


def test_results_and_errors_come_back() -> None:
    queue = Background()
    error = ValueError("no")

    def fail() -> None:
        raise error

    good, bad = submitted(queue, lambda: 42), submitted(queue, fail)
    assert good.result() == good.result() == 42
    for _ in range(2):
        with pytest.raises(ValueError) as raised:
            bad.result()
        assert raised.value is error
    assert good.done and bad.done
    assert submitted(queue, lambda: "after an error").result() == "after an error"


def test_on_one_core_work_takes_as_long_as_those_who_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a moment to begin with, which does not grow however long nobody asks. By a clock that only we move."""
    now = 100.0

    def pass_by(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(background, "workers", lambda: 0)
    monkeypatch.setattr(background, "perf_counter", lambda: now)
    queue = Background()

    def asked(seconds: float, priority: int = 0) -> bool:
        job = queue.submit(lambda: pass_by(seconds), priority)
        return job is not None and job.done

    assert asked(AHEAD) and asked(2 * AHEAD)  # what is asked for too early is done to its end
    assert not asked(0)
    pass_by(1.5 * AHEAD)
    assert not asked(0) and asked(4 * AHEAD, -1)  # whoever is urgent is not asked, and does not count
    pass_by(0.6 * AHEAD)
    assert asked(2 * AHEAD)
    pass_by(1000 * AHEAD)
    assert [asked(AHEAD) for _ in range(4)] == [True, True, False, False]


def test_on_one_core_hot_code_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is asked for again: whatever was refused is there in the end."""
    refused, submit = [], BACKGROUND.submit

    def at_times(work: Callable[[], Any], priority: int = 0) -> Job[Any] | None:
        refused.append(len(refused) % 3 != 2)
        return None if refused[-1] else submit(work, priority)

    monkeypatch.setattr(background, "workers", lambda: 0)
    monkeypatch.setattr(background, "submit", at_times)
    monkeypatch.setattr(BACKGROUND, "_saved", 1000.0)
    monkeypatch.setattr(background, "AHEAD", 1000.0)
    machine, reference = hot_loop("native"), hot_loop("reference")
    assert machine.run(50_000) == reference.run(50_000)
    assert machine.state.block == reference.state.block and any(refused)
    assert isinstance(machine.engine, NativeEngine) and machine.engine.translations.made


def test_what_makes_code_better_waits_for_what_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(work: Callable[[], Any], priority: int = 0) -> Job[Any]:
        asked.append(priority)
        job = Job(work)
        job.run()
        return job

    monkeypatch.setattr(background, "submit", noted)
    monkeypatch.setattr(translations, "FULL_AFTER", 1000)
    monkeypatch.setattr(translations, "_LINKED", WeakValueDictionary())
    monkeypatch.setenv(VARIABLE, "off")
    machine = hot_loop("native")
    for _ in range(10):
        machine.run(100_000)
    assert asked == [0, LATER]


def hot_loop(engine: str) -> Machine:
    """A machine with a loop in it."""
    machine = bare(G3, Storage(G3.word, 64))
    machine.load(assemble(G3, ".org 16\nstart: addi r1, r1, 1\n j start"))
    machine.engine = NativeEngine(machine, Options(hot=100)) if engine == "native" else ReferenceEngine(machine)
    return machine


def test_what_is_soon_there_is_soon_seen(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a region is made, it is looked for after twice as many steps each time; otherwise seldom."""
    slices: list[int] = []
    right, made = NativeEngine._converse, translations.Translations._made

    def converse(self: NativeEngine, until: int, deliver: bool) -> Any:
        slices.append(until - self.done)
        if slices[-3:] == [SLICE] * 3:
            gate.go.set()
        return right(self, until, deliver)

    def waiting(*arguments: Any) -> Any:
        gate()
        return made(*arguments)

    monkeypatch.setattr(NativeEngine, "_converse", converse)
    monkeypatch.setattr(translations.Translations, "_made", waiting)
    machine = hot_loop("native")
    while machine.steps < 1 << 36 and not (gate.go.is_set() and slices[-1] == LONG_SLICE):
        machine.run(1 << 26)
    doubled = [FIRST_SLICE << n for n in range(9) if FIRST_SLICE << n < SLICE]
    assert slices[: len(doubled) + 2] == [LONG_SLICE, *doubled, SLICE] and slices[-1] == LONG_SLICE


def test_it_is_another_thread(gate: Gate) -> None:
    queue = Background()
    job = submitted(queue, gate)
    gate.begun.wait()
    assert not job.done
    gate.go.set()
    assert job.result() == "passed" and job.done


def test_the_lowest_priority_goes_first(gate: Gate) -> None:
    queue = Background()
    order: list[int] = []
    submitted(queue, gate)
    gate.begun.wait()
    for number, priority in enumerate([5, 1, 3, 1, 0]):
        submitted(queue, lambda number=number: order.append(number), priority)
    last = Gate()
    submitted(queue, last, 9)
    assert order == []
    gate.go.set()
    last.begun.wait()
    last.go.set()
    assert order == [4, 1, 3, 2, 0]


def test_too_much_is_turned_away(gate: Gate) -> None:
    queue = Background()
    submitted(queue, gate)
    gate.begun.wait()
    jobs = [submitted(queue, lambda: 1) for _ in range(MOST_WAITING)]
    assert queue.submit(lambda: 2) is None
    gate.go.set()
    assert [job.result() for job in jobs] == [1] * MOST_WAITING


def test_who_needs_a_result_does_what_nobody_has_begun(gate: Gate) -> None:
    queue = Background()
    submitted(queue, gate)
    gate.begun.wait()
    by: list[int] = []
    job = submitted(queue, lambda: by.append(threading.get_ident()))
    job.result()
    assert by == [threading.get_ident()]
    gate.go.set()
    assert submitted(queue, lambda: len(by)).result() == 1  # the thread did not do it again


def test_with_one_core_it_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "workers", lambda: 0)
    job = submitted(Background(), threading.get_ident)
    assert job.done and job.result() == threading.get_ident()


@pytest.mark.parametrize(("cores", "expected"), [({0}, 0), ({3}, 0), ({0, 1}, 1), ({1, 5, 7}, 1)])
def test_one_core_is_left_to_the_guest(cores: set[int], expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(background.os, "sched_getaffinity", lambda process: cores, raising=False)
    assert background.workers() == expected


def run(script: str, code: int = 0) -> str:
    """In a process of its own, which must end with this exit code; what it printed."""
    head = f"""
import os, sys, threading, time; sys.path[:0] = {sys.path!r}
from isa.files import cache
from isa.engines.native import background, translations
from isa.engines.native.compiler import Compiler, Tier
from tests.engines.test_native_compiler import SUM, call, text
background.workers = lambda: 1
LONG = "\\n".join(SUM.replace("@sum", f"@sum{{n}}") for n in range(20))
def compiled(number):
    return Compiler().object(LONG, Tier.FULL, cache.digest(str(os.getpid()), str(number)))
"""
    done = subprocess.run([sys.executable, "-c", head + script], timeout=100, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def test_a_process_ends_while_work_is_done() -> None:
    run("background.submit(lambda: time.sleep(1e6))")


# As if LLVM compiled for ever, and as if to take down its objects meanwhile were certain to fail.
HELD = """
import ctypes
host = ctypes.CDLL(None)
assert host.on_exit(ctypes.cast(host.abort, ctypes.c_void_p), None) == 0
held = threading.Event()
background.submit(lambda: (held.set(), host.pause()))
held.wait()
print("right output")
"""


@pytest.mark.parametrize(
    ("ending", "code"), [("", 0), ("sys.exit(7)", 7), pytest.param("sys.exit(0)", 0, marks=pytest.mark.nightly)]
)
def test_nothing_is_taken_down_while_a_compilation_is_held(ending: str, code: int) -> None:
    assert run(HELD + ending, code) == "right output\n"


def test_if_it_were_taken_down_the_process_would_not_end_well() -> None:
    """What the test above rests on."""
    run(HELD + "background.end_as_it_is = lambda: True", -signal.SIGABRT)


def test_what_is_in_hand_is_finished_if_it_is_nearly_done() -> None:
    """And what waits is not begun."""
    said = run("""
begun = threading.Event()
background.submit(lambda: (begun.set(), time.sleep(0.05), os.write(1, b"finished")))
background.submit(lambda: os.write(1, b"begun"))
begun.wait()
""")
    assert said == "finished"


BUSY = ("run", "fib"), ("run", "os"), ("run", "primes")


@pytest.mark.nightly
def test_of_two_hundred_processes_on_a_busy_host_each_ends_well(tmp_path: Path) -> None:
    """With an empty cache, so that they compile; eight at once, so that each waits for the others."""

    def end(number: int) -> tuple[int, bytes]:
        command = [sys.executable, "-m", "trapline", *BUSY[number % len(BUSY)], "--steps", "300000"]
        environment = {**os.environ, "TRAPLINE_CACHE": "off", "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=300)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(end, range(200)))
    assert [(code, text) for code, text in ends if code not in (0, 1)] == []


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        pytest.param("sys.exit(0)", marks=pytest.mark.nightly),
        "Compiler().link(Compiler().object(text(), *THAT), ('f',))",
    ],
)
def test_a_process_ends_while_llvm_compiles(ending: str) -> None:
    run(f"""
THAT = Tier.QUICK, cache.digest("that")
kept = Compiler().load(text(), *THAT, ("f",))
for number in range(20):
    background.submit(lambda number=number: compiled(number))
{ending}
""")


def test_a_child_process_compiles_too() -> None:
    """It has no such thread at first, and finds LLVM at rest; what waited in its parent is done in both."""
    run("""
first = background.submit(lambda: compiled(1))
waiting = background.submit(lambda: compiled(2))
child = os.fork()
job = background.submit(lambda: call(Compiler().load(text(), Tier.QUICK, cache.digest("that"), ("f",)), 5, 7))
while not job.done or not waiting.done:
    time.sleep(0.001)
assert job.result() == 38 and first.done
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
""")


def test_who_waits_for_a_job_does_not_do_it() -> None:
    job = background.Job(lambda: 7)
    assert not job.wait(0.01) and not job.done
    job.run()
    assert job.wait(0) and job.result() == 7
