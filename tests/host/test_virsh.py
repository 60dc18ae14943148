"""Which verbs are taken and which refused, beside `virsh -c test:///default`: the same, or different for a reason.

It keeps all its state in its process, so one process is given the commands of many cases.
"""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from isa.errors import TraplineError
from monitor.host import Host, State, Verb
from tests.clients import client
from tests.host.hosts import WORDS, define, opened
from tests.host.test_life import DO

Case = tuple[State, Verb]
Did = State | str | None  # the state then; `refused`; None if it is gone

VIRSH = {
    Verb.START: "start {}",
    Verb.PAUSE: "suspend {}",
    Verb.RESUME: "resume {}",
    Verb.STOP: "shutdown {}",
    Verb.KILL: "destroy {}",
    Verb.RESET: "reset {}",
    Verb.SAVE: "save {0} {0}.saved",
    Verb.RESTORE: "restore {}.saved",
    Verb.SNAPSHOT: "snapshot-create-as {} s2",
    Verb.REVERT: "snapshot-revert {} s1",
    Verb.RESIZE: "setmaxmem {} 4096",
    Verb.UNDEFINE: "undefine {}",
}
# How each comes to a state. It has no idle machines, and cannot make one crash or halt by itself.
STATES = {
    State.DEFINED: [Verb.KILL],
    State.RUNNING: [],
    State.PAUSED: [Verb.PAUSE],
    State.SAVED: [Verb.SAVE],
}
SAID = {
    "shut off": {State.DEFINED, State.SAVED},
    "running": {State.RUNNING},
    "paused": {State.PAUSED},
    "refused": {"refused"},
    "gone": {None},
}
BESIDE = "it keeps what was saved in a file of the user's, and the machine knows nothing of it"
ASKED = "its guests end at once; ours are asked, and end when they have run and want to"
WITHOUT = "its machine goes on without a definition, until it is switched off; ours has none without"

# What we do instead, and why.
DIFFERENT: dict[Case, tuple[Did, str]] = {
    (State.RUNNING, Verb.STOP): (State.RUNNING, ASKED),
    (State.PAUSED, Verb.STOP): (State.PAUSED, ASKED),
    (State.RUNNING, Verb.UNDEFINE): ("refused", WITHOUT),
    (State.PAUSED, Verb.UNDEFINE): ("refused", WITHOUT),
    (State.SAVED, Verb.START): ("refused", f"{BESIDE}; here that would be lost without a word"),
    (State.SAVED, Verb.KILL): (State.DEFINED, f"{BESIDE}; here this throws it away"),
    (State.SAVED, Verb.RESIZE): ("refused", f"{BESIDE}; here it would no longer fit"),
    (State.SAVED, Verb.UNDEFINE): ("refused", f"{BESIDE}; here that would be lost without `--all`"),
}
CASES = [(state, verb) for state in STATES for verb in VIRSH]
SAVING = [(state, verb) for state, verb in CASES if Verb.SAVE in (*STATES[state], verb)]
QUICK = [case for case in CASES if case not in SAVING]
DOMAIN = "<domain type='test'><name>{}</name><memory>8192</memory><os><type>hvm</type></os></domain>"


def name_of(state: State, verb: Verb) -> str:
    return f"{state.value}-{verb.value}"


def theirs(folder: Path, cases: Sequence[Case], tries: Sequence[int] = (60,)) -> dict[Case, str]:
    """What virsh does in each case: `refused`, or the state then. Each has a machine of its own."""
    lines = []
    for state, verb in cases:
        name = name_of(state, verb)
        (folder / f"{name}.xml").write_text(DOMAIN.format(name))
        first = ["start {}", *(["snapshot-create-as {} s1"] if verb is Verb.REVERT else [])]
        ways = [f"define {name}.xml", *first, *(VIRSH[way] for way in STATES[state]), VIRSH[verb], "domstate {}"]
        lines += [*(way.format(name) for way in ways), f"echo {name}"]
    said = answered("\n".join([*lines, ""]), folder, tries).split("virsh # ")  # it repeats what it is given
    ends = {case: said.index(f"echo {name}\n{name}") for case in cases for name in [name_of(*case)]}
    return {case: outcome(*said[end - 2 : end]) for case, end in ends.items()}


def answered(commands: str, folder: Path, tries: Sequence[int]) -> str:
    """What virsh prints, within so many seconds; it is asked again if it does not end."""
    environment = {"LC_ALL": "C", "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    call = [client("virsh", "libvirt-clients"), "-q", "-c", "test:///default"]
    out, err = subprocess.PIPE, subprocess.STDOUT
    for seconds in tries:
        with suppress(subprocess.TimeoutExpired):
            return subprocess.run(
                call, input=commands, env=environment, cwd=folder, text=True, timeout=seconds, stdout=out, stderr=err
            ).stdout
    raise AssertionError("virsh does not end")


def outcome(answer: str, after: str) -> str:
    if "error:" in answer:
        return "refused"
    return next((word for word in SAID if f"\n{word}\n" in after), "gone")


def ours(host: Host, state: State, verb: Verb) -> Did:
    name = name_of(state, verb)
    define(host, name)
    host.start(name)
    if verb is Verb.REVERT:
        host.snapshot(name, "s1")
    for way in STATES[state]:
        DO[way](host, name)
    try:
        (DO[verb] if verb is not Verb.UNDEFINE else Host.undefine)(host, name)
    except TraplineError:
        return "refused"
    found = host.ledger.find(name)
    return found and found.state


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Did]:
    with opened(tmp_path_factory.mktemp("host"), storage=64 * WORDS) as host:
        return {case: ours(host, *case) for case in CASES}


def check(asked: dict[Case, str], done: dict[Case, Did]) -> None:
    assert {case for case in asked if done[case] not in SAID[asked[case]]} == {c for c in asked if c in DIFFERENT}


def test_verbs_are_taken_and_refused_as_users_expect(tmp_path: Path, done: dict[Case, Did]) -> None:
    asked = theirs(tmp_path, QUICK)
    assert len(asked) == len(QUICK) > 30
    check(asked, done)
    with pytest.raises(AssertionError):  # a machine that is paused twice
        check(asked, {**done, (State.PAUSED, Verb.PAUSE): State.PAUSED})


@pytest.mark.nightly
def test_what_is_saved_too(tmp_path: Path, done: dict[Case, Did]) -> None:
    """virsh waits for ever where a `save` ends before it has begun to wait for it, as happens on a busy machine: so
    each of these cases is a process, which is tried again."""
    for case in SAVING:
        check(theirs(tmp_path, [case], tries=(5, 5, 10, 10, 20, 40)), done)


def test_where_we_differ_we_do_what_the_table_says(done: dict[Case, Did]) -> None:
    assert {case: done[case] for case in DIFFERENT} == {case: instead for case, (instead, _) in DIFFERENT.items()}


def test_the_documentation_has_the_reasons() -> None:
    text = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
    assert [why for _, why in DIFFERENT.values() if why not in text] == []
