"""Jobs: each has one outcome, whatever it does to its process; nothing is done twice; what is kept is whole."""

from pathlib import Path

import pytest

from isa.errors import TraplineError
from tests.jobs.work import die, die_once, double, hoard, note, refuse, sleep
from trapline.jobs.job import How, Job, Outcome
from trapline.jobs.local import Local
from trapline.jobs.results import Results
from trapline.jobs.running import run


def by_key(jobs: list[Job], workers: Local) -> dict[str, Outcome]:
    return {outcome.key: outcome for outcome in workers.outcomes(jobs)}


def test_a_job_that_dies_twice_is_named_and_costs_nobody_else_anything(tmp_path: Path) -> None:
    jobs = [Job(f"n{i}", double, i) for i in range(3)]
    jobs += [Job("dies", die, None), Job("once", die_once, str(tmp_path / "seen")), Job("no", refuse, "not this")]
    found = by_key(jobs, Local(2))
    assert {key: found[key].value for key in ("n0", "n1", "n2")} == {"n0": 0, "n1": 2, "n2": 4}
    assert found["dies"].how is How.CRASHED and found["dies"].attempts == 2
    assert found["dies"].reason == "its process was ended by SIGKILL"
    assert found["once"] == Outcome("once", How.DONE, "lived", "", 2)
    assert found["no"] == Outcome("no", How.FAILED, None, "ValueError: not this")


def test_a_job_that_never_ends_is_ended_and_one_that_hoards_is_refused() -> None:
    found = by_key([Job("long", sleep, 60), Job("large", hoard, 2048), Job("short", double, 1)], Local(2, 2.0, 1 << 30))
    assert found["long"] == Outcome("long", How.OVERDUE, None, "ended after 2 s")
    assert found["large"].how is How.FAILED and found["large"].reason.startswith("MemoryError")
    assert found["short"].value == 2


def test_work_goes_on_where_it_was_and_does_nothing_twice(tmp_path: Path) -> None:
    counter, kept = tmp_path / "count", str(tmp_path / "kept.db")
    jobs = [Job("a", note, str(counter)), Job("b", double, 4)]
    told: list[tuple[int, int]] = []
    first = run(jobs[:1], Local(0), Results(kept))
    again = run(jobs, Local(0), Results(kept), lambda done, of: told.append((done, of)))
    assert first == again[:1] and counter.read_text() == "x" and told == [(1, 2), (2, 2)]
    assert list(Results(kept).keys()) == ["a", "b"]
    changed = run([Job("b", double, 5)], Local(0), Results(kept))  # another question under the same key
    assert changed[0].value == 10 and run([jobs[1]], Local(0), Results(kept))[0].value == 8


def test_what_the_host_lacked_is_tried_again(tmp_path: Path) -> None:
    kept = Results(str(tmp_path / "kept.db"))
    assert run([Job("a", refuse, "full")], Local(0), kept)[0].how is How.FAILED
    assert list(kept.keys()) == []


def test_a_file_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("mine " * 1000)
    with pytest.raises(TraplineError, match="cannot keep results here"):
        Results(str(other))
    assert other.read_text() == "mine " * 1000
