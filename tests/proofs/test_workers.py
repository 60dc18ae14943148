"""Workers answer, and are killed when they do not."""

import os
import time

from proofs.workers import Stopped, answers


def test_every_key_gets_its_answer() -> None:
    assert dict(answers(lambda k: k * k, range(20), limit=20, workers=2)) == {k: k * k for k in range(20)}


def test_a_question_without_end_is_stopped_and_the_others_go_on() -> None:
    def perform(key: int) -> int:
        while key == 1:
            time.sleep(0.01)
        return key

    found = dict(answers(perform, [0, 1, 2], limit=0.5, workers=2))
    assert (found[0], found[2]) == (0, 2)
    assert found[1] == Stopped("no answer within 0.5 s")


def test_memory_is_limited() -> None:
    found = dict(answers(lambda k: len(bytearray(k << 30)), [8], limit=20, memory=1 << 30))
    assert found == {8: Stopped("more than 1024 MiB of memory")}


def test_a_worker_that_dies_costs_its_own_answer_only() -> None:
    found = dict(answers(lambda k: os._exit(1) if k == 1 else k, [0, 1, 2, 3], limit=20, workers=2))
    assert isinstance(found.pop(1), Stopped)
    assert found == {0: 0, 2: 2, 3: 3}


def test_an_error_is_reported_in_words() -> None:
    assert dict(answers(lambda k: 1 // k, [0], limit=20)) == {
        0: Stopped("ZeroDivisionError: integer division or modulo by zero")
    }


def test_no_worker_outlives_its_caller() -> None:
    running = answers(lambda k: os.getpid() if k else time.sleep(60), [1, 0], limit=60, workers=1)
    _, pid = next(running)
    running.close()
    assert isinstance(pid, int)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    raise AssertionError("the worker still runs")
