"""Workers answer, and are killed when they do not."""

import os
import time

import pytest

from proofs.terms import workers
from proofs.terms.workers import Limits, Lost, answers


def limits(total: float = 20, each: float = 20, memory: int = 1 << 30) -> Limits:
    return Limits(total=total, each=each, workers=2, memory=memory)


def test_every_job_gets_its_answer_in_order() -> None:
    told: list[tuple[int, int]] = []
    jobs = [lambda k=k: k * k for k in range(20)]
    assert answers(jobs, limits(), lambda done, of: told.append((done, of))) == [k * k for k in range(20)]
    assert told == [(k + 1, 20) for k in range(20)]


def test_a_question_without_end_is_stopped_and_the_others_go_on() -> None:
    found = answers([lambda: 0, lambda: time.sleep(60), lambda: 2], limits(each=0.5))
    assert found == [0, Lost("it took longer than 0.5 s"), 2]


def test_all_jobs_together_have_a_limit() -> None:
    start = time.monotonic()
    found = answers([lambda: time.sleep(60)] * 4, limits(total=0.5))
    assert all(isinstance(f, Lost) for f in found)
    assert time.monotonic() - start < 30


def test_memory_is_limited() -> None:
    found = answers([lambda: len(bytearray(8 << 30)), lambda: 1], limits())
    assert found == [Lost("it needs more memory than a worker may have"), 1]


def test_a_worker_that_dies_costs_its_own_answer_only() -> None:
    found = answers([lambda: 0, lambda: os._exit(1), lambda: 2], limits())
    assert (found[0], found[2]) == (0, 2)
    assert isinstance(found[1], Lost)


def test_where_no_process_can_be_made_this_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.sys, "platform", "emscripten")
    monkeypatch.delattr(workers.multiprocessing, "get_context")
    told: list[tuple[int, int]] = []
    assert answers([os.getpid] * 3, limits(), lambda done, of: told.append((done, of))) == [os.getpid()] * 3
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_in_this_process_too_all_jobs_together_have_a_limit() -> None:
    late = Limits(total=0.0, each=20, workers=0)
    assert answers([os.getpid] * 2, late) == [Lost("the time limit of 0 s was reached")] * 2
