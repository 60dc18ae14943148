"""Equal structure is one object, also when several threads make it at once, and when a process forks meanwhile."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from threading import Barrier, Thread
from time import sleep
from typing import Any
from weakref import WeakValueDictionary

import pytest

from isa.ir import nodes as ir
from isa.ir.fold import add, const
from isa.ir.nodes import Expr, Param
from tests.planting import Bugs, Planted, must_catch

THREADS, NODES = 3, 1500


@pytest.fixture(autouse=True)
def _hasty() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def threads_make_the_same_nodes() -> None:
    made: list[list[Expr]] = [[] for _ in range(THREADS)]
    begin = Barrier(THREADS)

    def work(mine: list[Expr]) -> None:
        begin.wait()
        for number in range(NODES):
            mine.append(add(Param(32, f"interning {number}"), const(32, number)))

    threads = [Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for nodes in zip(*made, strict=True):
        assert all(node is nodes[0] for node in nodes)


def test_a_child_process_can_make_nodes_whatever_the_threads_were_at() -> None:
    going = True

    def work() -> None:
        number = 0
        while going:
            number += 1
            Param(32, f"forking {number}")

    thread = Thread(target=work)
    thread.start()
    try:
        for _ in range(8):
            child = os.fork()
            if not child:
                signal.alarm(20)  # the end of a child that waits for ever
                Param(32, "in the child")
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    finally:
        going = False
        thread.join()


BUGS = Bugs()


class Hesitant(WeakValueDictionary[tuple[Any, ...], Any]):
    """Lets others go first after each look, as the host may at any time."""

    def get(self, key: Any, default: Any = None) -> Any:
        found = super().get(key, default)
        sleep(0)
        return found


@BUGS.caught_by(threads_make_the_same_nodes)
def nobody_waits_for_anybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ir, "_MAKING", nullcontext())
    patch.setattr(ir, "_INTERNED", Hesitant(ir._INTERNED))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
