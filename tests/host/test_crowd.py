"""Many machines on one host: all run, in proportion, and the work for each is the same however many there are."""

from pathlib import Path

import pytest

from monitor.host import Definition, Host
from monitor.host.looking import served
from monitor.host.record import Record
from tests.host.hosts import WORDS, opened
from tests.host.test_policies import program
from tests.monitor.test_scheduling import DEAF
from tests.planting import Patch
from trapline.bench.crowd import crowd


def filled(path: Path, count: int, **given: object) -> Host:
    """A host with so many machines that compute, all of them on."""
    host = opened(path, policy="shares", quantum=100, storage=count * WORDS, **given)
    for number in range(count):
        host.define(Definition(f"m{number}", "test", storage=WORDS, shares=1 + number % 2), program(DEAF))
        host.start(f"m{number}")
    return host


@pytest.mark.parametrize("count", [12, pytest.param(400, marks=pytest.mark.nightly)])
def test_all_of_them_run_and_each_has_its_share(tmp_path: Path, count: int) -> None:
    with filled(tmp_path, count) as host:
        host.run(count * 600)
        assert host.service is not None
        accounts = host.service.accounts
        for number in range(count):
            assert abs(accounts[f"m{number}"].charged - 400 * (1 + number % 2)) <= 200


def read(path: Path, count: int) -> int:
    """How many records are read to define and start one more machine beside so many."""
    found: list[str] = []
    with filled(path, count) as host, pytest.MonkeyPatch.context() as patch:
        right = Record.parse

        def parse(name: str, point: str, text: str) -> Record:
            found.append(name)
            return right(name, point, text)

        patch.setattr(Record, "parse", parse)
        host.define(Definition("more", "test", storage=WORDS), program(DEAF))
        host.kill("m0")
        host.start("more")
    return len(found)


def test_a_verb_looks_at_no_other_machine(tmp_path: Path, monkeypatch: Patch) -> None:
    assert read(tmp_path / "few", 2) == read(tmp_path / "many", 9)
    monkeypatch.setattr(Host, "service", property(lambda host: served(host.capacity, host.ledger)))
    assert read(tmp_path / "anew few", 2) < read(tmp_path / "anew many", 9)


def test_the_bench_has_a_crowd() -> None:
    found = crowd("reference", 3, 0)
    assert found["apart"] <= 1 and found["flat"] > 0


@pytest.mark.nightly
def test_a_thousand_machines_of_a_mebibyte_take_little_memory() -> None:
    found = crowd("auto", 1000, 0)
    assert found["megabytes"] < 400 and found["apart"] <= 1
