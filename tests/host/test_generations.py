"""No two copies of a machine have the same generation, on whatever hosts they came to be: else they would draw the same
random numbers, and not know."""

from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from isa.devices.notices import Notices
from monitor.host import Definition, Host
from monitor.host.ledger import Ledger
from monitor.host.life import State
from monitor.host.migration import Pace
from tests.host.hosts import define, opened
from tests.host.moving import moved
from tests.planting import Patch
from tests.sizes import sized
from trapline.running.programs import find

QUICK = Pace(limit=10**9, rate=0)


def copied(path: Path, seed: int, deeds: int = 14) -> None:
    """Machines of three hosts, all of one, are cloned, brought back and moved at random; each is born once."""
    random = Random(seed)
    with ExitStack() as stack:
        hosts = [stack.enter_context(opened(path / str(i))) for i in range(3)]
        define(hosts[0])
        hosts[0].start("web")
        hosts[0].run(30)
        hosts[0].snapshot("web", "s")
        born = [known(hosts[0], "web")]
        for number in range(deeds):
            host = random.choice([host for host in hosts if host.machines()])
            record = random.choice(host.machines())
            deed = random.choice(("clone", "clone", "revert", "move"))
            if deed == "clone":
                host.clone(record.name, f"m{number}")
                born.append(known(host, f"m{number}"))
            elif deed == "revert" and host.snapshots(record.name):
                host.revert(record.name, "s")
                born.append(known(host, record.name))
            elif deed == "move" and record.state in (State.RUNNING, State.IDLE):
                before, other = known(host, record.name), random.choice([h for h in hosts if h is not host])
                moved(host, other, QUICK, record.name)
                assert known(other, record.name) == before  # it cannot tell
        assert len(born) == len(set(born)) > 3


def known(host: Host, name: str) -> tuple[int, ...]:
    """What the guest finds at its port."""
    record, found = host.machine(name), []
    notices = Notices(record.generation, record.origin)
    for word in range(6):
        notices.send(0, word, 0)
        found.append(notices.recv(0, 0))
    assert found[5] == 0 and all(word < 1 << 16 for word in found[1:])
    return tuple(found)


@pytest.mark.parametrize("seed", range(sized(3, 200)))
def test_each_copy_is_another(seed: int, tmp_path: Path) -> None:
    copied(tmp_path, seed)


def test_hosts_that_count_alone_repeat_each_other(tmp_path: Path, monkeypatch: Patch) -> None:
    real = Ledger.next_generation
    monkeypatch.setattr(Ledger, "next_generation", lambda ledger: (real(ledger)[0], 0))
    with pytest.raises(AssertionError):
        for seed in range(5):
            copied(tmp_path / str(seed), seed)


def tokens(path: Path) -> None:
    """Two copies of a machine that were cloned on two hosts under the same number draw other tokens."""
    image = find("token", None).image
    with opened(path / "one") as one, opened(path / "two") as other:
        one.define(Definition("web", "token", storage=1024), image)
        one.start("web")
        one.run(100)
        one.clone("web", "here")
        moved(one, other, QUICK)
        other.clone("web", "there")
        assert one.machine("here").generation == other.machine("there").generation
        for host in (one, other):
            host.run(20_000)
        here, there = one.output("here").split(), other.output("there").split()
        assert here[2::2] == there[2::2]  # the random numbers are the same
        assert not set(here[3::2]) & set(there[3::2]) and len(here) == 8


def test_what_a_guest_makes_of_it_is_another(tmp_path: Path, monkeypatch: Patch) -> None:
    tokens(tmp_path / "right")
    monkeypatch.setattr(Notices, "send", lambda notices, port, word, now: None)
    with pytest.raises(AssertionError):
        tokens(tmp_path / "wrong")
