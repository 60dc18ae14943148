"""Jobs on a cluster of dask, of real processes: the same outcomes as on this host, whatever dies."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from isa.errors import UsageError
from tests.jobs.work import die, die_once, double, hoard, note, refuse, sleep
from tests.sweeping.test_sweep import SPACE, TINY
from trapline.cli import main
from trapline.jobs import cluster
from trapline.jobs.child import here
from trapline.jobs.cluster import Cluster, Unreachable
from trapline.jobs.job import How, Job, Outcome
from trapline.jobs.results import Results
from trapline.jobs.running import run
from trapline.labs.folder import start
from trapline.labs.reading import find

pytestmark = pytest.mark.long

dask = pytest.importorskip("distributed", reason="dask is part of the test extra")


@contextmanager
def started(workers: int) -> Iterator[object]:
    """A cluster of processes, as `dask scheduler` and `dask worker` are."""
    with dask.LocalCluster(
        processes=True, n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


def test_a_worker_that_is_killed_costs_its_jobs_a_second_try_and_nobody_else_anything(tmp_path: Path) -> None:
    jobs = [Job(f"n{i}", double, i) for i in range(3)]
    jobs += [Job("dies", die, None), Job("slow", sleep, 0.6), Job("no", refuse, "not this")]
    killed: list[int] = []

    def kill(finished: int, of: int) -> None:
        """The only worker, at once; its nanny starts another."""
        if finished == 1 and not killed:
            with dask.Client(made.scheduler_address, set_as_default=False) as client:
                (pid,) = client.run(os.getpid).values()
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    with started(1) as made:
        found = {o.key: o for o in run(jobs, Cluster(made.scheduler_address), Results(), kill)}
    assert killed and {key: found[key].value for key in ("n0", "n1", "n2")} == {"n0": 0, "n1": 2, "n2": 4}
    assert found["dies"] == Outcome("dies", How.CRASHED, None, "its process was ended by SIGKILL", 2)
    assert found["no"] == Outcome("no", How.FAILED, None, "ValueError: not this")
    assert found["slow"].how is How.DONE


@pytest.mark.nightly
def test_the_rest_is_as_on_this_host(tmp_path: Path) -> None:
    kept = str(tmp_path / "kept.db")
    jobs = [Job(f"n{i}", double, i) for i in range(40)]
    jobs += [Job("once", die_once, str(tmp_path / "seen")), Job("large", hoard, 2048), Job("long", sleep, 60)]
    jobs.append(Job("count", note, str(tmp_path / "count")))
    with started(2) as made:
        workers = Cluster(made.scheduler_address, fuse=4, memory=1 << 30)
        found = {o.key: o for o in run(jobs, workers, Results(kept))}
        again = {o.key: o for o in run(jobs, workers, Results(kept))}
    assert [found[f"n{i}"].value for i in range(40)] == [2 * i for i in range(40)]
    assert found["once"].value == "lived" and found["once"].attempts == 2
    assert found["large"].how is How.FAILED and found["large"].reason.startswith("MemoryError")
    assert found["long"].how is How.OVERDUE and found == again
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.nightly
def test_commands_say_the_same_wherever_the_work_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ann", "bob"):
        start(find("1"), str(tmp_path / "class" / name), name)
    (tmp_path / "class" / "bob" / "letters.s").unlink()
    (tmp_path / "tiny.isa").write_text(TINY)
    (tmp_path / "space.toml").write_text(SPACE)
    monkeypatch.chdir(tmp_path)
    with started(2) as made:
        told = []
        for where in (["--jobs", "0"], ["--cluster", made.scheduler_address]):
            assert main(["lab", "grade", "1", "class", "--json", *where]) == 1
            assert main(["sweep", "space.toml", "--json", *where]) == 0
            told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert main(["lab", "grade", "1", "class", "--jobs", "1", "--cluster", "tcp://127.0.0.1:9"]) == 2
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    assert main(["lab", "grade", "1", "class", "--cluster", "tcp://127.0.0.1:9"]) == 5
    assert "start it: `dask scheduler`" in capsys.readouterr().err


@pytest.mark.nightly
def test_a_cluster_that_ends_is_said_to_be_gone() -> None:
    jobs = [Job(str(i), sleep, 0.5) for i in range(4)]
    with started(1) as made:
        outcomes = Cluster(made.scheduler_address).outcomes(jobs)
        first = next(outcomes)
        made.close()
        with patch.object(cluster, "PATIENCE", 1), pytest.raises(Unreachable, match="is gone"):
            list(outcomes)
    assert first.how is How.DONE


def test_where_there_is_no_cluster_that_is_said() -> None:
    with patch.object(cluster, "PATIENCE", 0.2), pytest.raises(Unreachable, match="there is no cluster at tcp://127"):
        list(Cluster("tcp://127.0.0.1:9").outcomes([Job("a", double, 1)]))
    with patch.object(cluster, "find_spec", lambda name: None), pytest.raises(UsageError, match="needs dask"):
        Cluster("tcp://127.0.0.1:9")


def test_planted_a_job_in_the_worker_itself() -> None:
    """Then one that dies takes its worker along, and the first test would see it: here it raises instead."""
    with patch.object(cluster, "_attempt", lambda job, fuse, memory, attempt: here(job)):
        assert cluster.done(Job("no", refuse, "x"), 1, 1 << 30).how is How.FAILED
