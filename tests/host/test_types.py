"""Hosts of other types: what they can, their machines do as those of any host; what they cannot, they say."""

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from isa.errors import SourceError, TraplineError
from monitor.host import Definition, DiskPart, Host, Refused, State, Verb, read_capacity, together
from monitor.host.disks import Held
from monitor.host.life import ACTIVE, EVENTS, LIFE
from monitor.host.systems import System
from monitor.host.types import DERIVED, HOSTED, TYPES, VERBS, VMM, How, reasons, rows
from tests.host.hosts import WORDS, everything, opened
from tests.host.moving import begun, moved
from tests.host.test_life import DO
from tests.planting import Patch
from tests.sizes import NIGHTLY, sized
from trapline.running.programs import find as program

pytestmark = pytest.mark.long

TYPED = b"one\ntwo\n"
PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
WRITES = """
        .org 16
start:  set  r4, 512
        sw   r4, 0(r4)
        set  r2, 2              # the disk's ports: address, block, command
        out  r4, r2
        set  r3, 3
        set  r1, 1
        out  r1, r3
        set  r3, 4
        out  r2, r3             # write
1:      in   r2, r3
        beq  r1, r2, 1b         # while it is busy
        set  r1, 0
        halt
"""
REFUSED = [(type, verb) for type in TYPES for verb, how in VERBS[type].items() if isinstance(how, str)]


def define(host: Host, name: str, guest: str, input: bytes = b"") -> None:
    found = program(guest, None)
    storage = found.storage or WORDS
    host.define(Definition(name, guest, storage=storage, input="typed" if input else ""), found.image, input)


def writer(host: Host, name: str) -> None:
    """A machine that writes block 1 of its disk, and halts."""
    from tests.host.test_policies import program as assembled

    wanted = Definition(name, "test", storage=WORDS, disks=(DiskPart(blocks=3),))
    host.define(wanted, assembled(WRITES))


def on(path: Path, type: str) -> Host:
    """A host with a machine that is on and has run, and, where there can be, another."""
    host = opened(path, type=type)
    define(host, "web", "echo")
    host.start("web")
    if type == VMM:
        define(host, "more", "echo", TYPED)
        host.start("more")
    host.run(8000)
    return host


# ---- what is refused


def test_the_table_is_about_every_verb() -> None:
    assert set(VERBS) == set(TYPES) and all({*row, *EVENTS} == set(Verb) for row in VERBS.values())
    assert len(REFUSED) > 10 and not any(type == DERIVED for type, _ in REFUSED)


@pytest.mark.parametrize("type", [VMM, HOSTED])
def test_a_verb_that_this_type_cannot_do_is_refused_and_says_why(tmp_path: Path, type: str) -> None:
    with on(tmp_path, type) as host:
        before = everything(host)
        for verb in [verb for kind, verb in REFUSED if kind == type and verb in DO]:
            if verb in (Verb.REVERT, Verb.CANCEL):
                continue  # there is nothing to go back to
            assert State.RUNNING in LIFE[verb]
            with pytest.raises(Refused, match=f"^web cannot {verb.value} on a host of type `{type}`: "):
                DO[verb](host, "web")
        with pytest.raises(Refused, match="cannot migrate"):
            host.depart("web", "token")
        assert everything(host) == before


def test_what_is_done_to_all_must_be_meant(tmp_path: Path) -> None:
    verbs = [verb for verb, how in VERBS[VMM].items() if how is How.TOGETHER and State.RUNNING in LIFE[verb]]
    with on(tmp_path, VMM) as host:
        before = everything(host)
        for verb in verbs:
            with pytest.raises(Refused, match=f"web is in one machine with more, and cannot {verb.value} alone"):
                DO[verb](host, "web")
        assert everything(host) == before
        host.pause("web", together=True)
        assert {record.state for record in host.machines()} == {State.PAUSED}
        host.resume("more", together=True)
        host.save("web", together=True)
        with pytest.raises(Refused, match="is in one machine with"):
            host.restore("web")
        host.restore("web", together=True)
        host.reset("web", together=True)
        assert {(record.state, record.point.steps) for record in host.machines()} == {(State.RUNNING, 0)}
        host.kill("web", together=True)
        assert {record.state for record in host.machines()} == {State.DEFINED}


def test_machines_start_together_or_one_at_a_time(tmp_path: Path) -> None:
    for type, why in ((VMM, "beside more, web on"), (HOSTED, "beside web on")):
        with on(tmp_path / type, type) as host:
            define(host, "late", "hello")
            with pytest.raises(Refused, match=f"late cannot start {why} a host of type `{type}`"):
                host.start("late")
            if type == VMM:
                host.save("web", together=True)
                host.start("late")
                with pytest.raises(Refused, match="web cannot restore beside late"):
                    host.restore("web", together=True)
    with opened(tmp_path / "many", type=VMM, storage=1 << 20) as host:
        for number in range(9):
            define(host, f"m{number}", "hello")
        for number in range(8):
            host.start(f"m{number}")
        with pytest.raises(TraplineError, match="has 8 machines on at most"):
            host.start("m8")


def test_only_one_has_the_console(tmp_path: Path) -> None:
    with on(tmp_path, VMM) as host:
        with pytest.raises(TraplineError, match="reads a file"):
            host.send("more", b"x")
        host.send("web", b"abc\n")
        host.run(60_000)
        assert host.output("web") == b"cba\n"
        host.kill("web", together=True)
        define(host, "third", "echo")
        for name in ("third", "web"):
            host.start(name)
        with pytest.raises(Refused, match="third has no console to which"):
            host.send("third", b"x")
        host.run(8000)
        with pytest.raises(Refused, match="web has no console to which"):
            host.send("web", b"x")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Definition("abcdefghijklm", "hello", storage=WORDS), "knows names of 12 letters"),
        (Definition("web", "hello", storage=WORDS, disks=(DiskPart(1, read_only=True),)), "is read-only"),
        (Definition("web", "hello", storage=WORDS, disks=(DiskPart(1, queue=True),)), "a disk with a queue"),
        (Definition("web", "hello", storage=15), "needs 16 words"),
        (Definition("web", "hello", storage=WORDS, shares=2), "no policy that looks at it"),
    ],
)
def test_a_machine_that_the_monitor_cannot_have_is_refused(tmp_path: Path, wanted: Definition, why: str) -> None:
    with opened(tmp_path, type=VMM) as host, pytest.raises(TraplineError, match=why):
        host.define(wanted, program("hello", None).image)


def test_what_is_for_the_derived_monitor_is_refused_in_the_file() -> None:
    assert read_capacity("host.toml", b'type = "vmm"').type == VMM
    for text in ('monitor = "trap"', "processors = 2", 'policy = "shares"'):
        with pytest.raises(SourceError, match="is for a host of the derived monitor"):
            read_capacity("host.toml", f'type = "vmm"\n{text}\n'.encode())
    with pytest.raises(SourceError, match="`xen` is not known"):
        read_capacity("host.toml", b'type = "xen"')


def test_a_type_does_not_change_under_machines(tmp_path: Path) -> None:
    on(tmp_path, VMM).close()
    for type in (DERIVED, HOSTED):
        with pytest.raises(TraplineError, match=f"says `{type}`, and there are machines that booted on .* type `vmm`"):
            opened(tmp_path, type=type)
    with opened(tmp_path, type=VMM) as host:
        host.kill("web", together=True)
    with opened(tmp_path, type=DERIVED) as host:
        host.start("web")
        host.run(100)
    with pytest.raises(TraplineError, match="booted on a host of type `trapline`"):
        opened(tmp_path, type=VMM)


def test_nobody_migrates_to_it(tmp_path: Path) -> None:
    with opened(tmp_path / "one") as one, opened(tmp_path / "other", type=VMM) as other:
        begun(one)
        with pytest.raises(TraplineError, match="a host of type `vmm` takes no machines of others"):
            moved(one, other)
        assert one.machine("web").state in ACTIVE and other.machines() == []


# ---- what they do


def ended(path: Path, type: str, cut: Callable[[], int] = lambda: 100_000) -> dict[str, tuple[object, ...]]:
    """What came of machines that all end, run for so many steps at a time; between them they are saved, and the host is
    closed. Steps of each never go back, and who has ended stays so."""
    host, steps = opened(path, type=type, quantum=700), dict[str, int]()
    with closing(host):
        guests = {"a": "echo", **({"b": "dice", "c": "crc"} if NIGHTLY and type != HOSTED else {})}
        for name, guest in guests.items():
            define(host, name, guest, TYPED)
            host.start(name)
        if type != HOSTED:
            writer(host, "d")
            host.start("d")
    while True:
        host = opened(path, type=type, quantum=700)
        with closing(host):
            for record in [record for record in host.machines() if record.state is State.SAVED][:1]:
                host.restore(record.name, together=True)
            for record in host.run(cut()):
                assert record.point.steps >= steps.get(record.name, 0) and record.state is not State.CRASHED
                steps[record.name] = record.point.steps
            active = [record.name for record in host.machines() if record.state in ACTIVE]
            if not active:
                kept = {r.name: [host.contents.get(d) for d in host.living.disks(r)] for r in host.machines()}
                return {r.name: (r.state, r.point.steps, host.output(r.name), kept[r.name]) for r in host.machines()}
            host.save(active[0], together=True)


def same(path: Path, *types: str) -> None:
    """Machines do the same on every type of host, however often they are stopped."""
    derived = ended(path / "derived", DERIVED)
    assert derived["a"][2] == b"eno\nowt\n2 lines\n" and {state for state, *_ in derived.values()} == {State.HALTED}
    assert derived["d"][3] == [bytes(512) + (512).to_bytes(4, "little") + bytes(1020)]
    draw = random.Random(1)
    for type in types:
        found = ended(path / type, type, lambda: draw.randrange(1, sized(50_000, 9_000)))
        assert found == {name: derived[name] for name in found}


def what_is_seen_is_true(path: Path) -> None:
    """Wherever the whole is stopped, nobody seems to go back, or to have ended before its time."""
    draw, steps = random.Random(2), {"a": 0, "b": 0}
    with opened(path, type=VMM, quantum=50) as host:
        for name in steps:
            define(host, name, "dice")
            host.start(name)
        host.run(4500)
        for _ in range(sized(60, 1000)):
            for record in host.run(draw.randrange(40)):
                assert record.state is State.RUNNING or record.point.steps == 866
                assert record.point.steps >= steps[record.name]
                steps[record.name] = record.point.steps


def test_machines_are_seen_as_they_are(tmp_path: Path, monkeypatch: Patch) -> None:
    what_is_seen_is_true(tmp_path / "right")
    monkeypatch.setattr(System, "places", lambda system, isa: set())
    monkeypatch.setattr("monitor.host.together.QUIET", 1)
    with pytest.raises(AssertionError):
        what_is_seen_is_true(tmp_path / "wrong")


def test_machines_do_the_same_on_hosts_of_every_type(tmp_path: Path, monkeypatch: Patch) -> None:
    same(tmp_path / "right", VMM, HOSTED)
    monkeypatch.setattr(Held, "taken", lambda disk: {})
    with pytest.raises(AssertionError):
        same(tmp_path / "wrong", VMM)


def test_a_disk_stays_as_the_guest_left_it(tmp_path: Path) -> None:
    with opened(tmp_path, type=VMM) as host:
        writer(host, "web")
        for _ in range(2):
            host.start("web")
            host.run(60_000)
            assert host.machine("web").state is State.HALTED
            (disk,) = host.living.disks(host.machine("web"))
            assert host.contents.get(disk)[512:516] == (512).to_bytes(4, "little")


def test_a_machine_whose_monitor_ends_says_what_that_said_last(tmp_path: Path, monkeypatch: Patch) -> None:
    right = together.pack
    monkeypatch.setattr(together, "pack", lambda tenants: bytes([*right(tenants)[:-1], 1]))
    with opened(tmp_path, type=VMM) as host:
        define(host, "web", "hello")
        host.start("web")
        host.run(20_000)
        assert host.machine("web").state is State.CRASHED
        assert host.machine("web").point.detail == "its monitor has ended: [vmm: web is damaged on the disk]"


# ---- documented


def test_the_documentation_has_the_table_and_the_reasons() -> None:
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows()]
    assert "\n".join([head, "|" + "---|" * (len(TYPES) + 1), *rest]) in PAGE
    text = " ".join(PAGE.split())
    assert all(f"{verbs}: {reason}" in text for verbs, reason in reasons())
