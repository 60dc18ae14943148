"""Guests under the monitor in assembly do what they do on the bare machine, to the step and to the last word."""

from dataclasses import replace
from functools import partial

import pytest

from guests.pack import Tenant, flat, pack, room
from isa.assembler import assemble
from isa.devices import Live, Script
from isa.engines.choice import bare
from isa.machine import Reason, Storage
from tests.planting import Check, Patch, Planted, must_catch
from tests.vmm.packed import G3, Packed, alone, guest, planted, seen

DAY = ("os", "selftest", "traps", "rogue", "disk", "stopwatch")
NIGHT = ("hello", "crc", "dice", "echo", "exits", "fib", "matmul", "primes", "quicksort")


def check_alone(name: str) -> None:
    virtual, printed = alone(name)
    packed = Packed([guest(name)])
    assert packed.run().reason is Reason.HALT
    assert packed.output == f"{printed}[{name} halts with 0]\n[vmm: 1 of 1 ended well]\n"
    assert packed.virtual(0) == virtual


@pytest.mark.parametrize("name", [*DAY, *(pytest.param(name, marks=pytest.mark.nightly) for name in NIGHT)])
def test_a_guest_alone_is_as_on_the_bare_machine(name: str) -> None:
    check_alone(name)


def check_several() -> None:
    names = ["os", "disk", "dice", "traps", "rogue=share:77", "os=name:second,share:901", "echo", "stopwatch"]
    packed = Packed([guest(name) for name in names])
    assert packed.run().reason is Reason.HALT
    lines = packed.output.splitlines()
    assert lines[-1] == "[vmm: 8 of 8 ended well]"
    for number, text in enumerate(names):
        name = text.partition("=")[0]
        virtual, printed = alone(name)
        shown = "second" if "second" in text else name
        own = [line.removeprefix(f"{shown}| ") for line in lines if line.startswith(f"{shown}| ")]
        assert (own, packed.virtual(number)) == (printed.splitlines(), virtual), text
        assert f"[{shown} halts with 0]" in lines


def test_none_of_several_notices_the_others() -> None:
    check_several()


@pytest.mark.parametrize("share", [2, *(pytest.param(n, marks=pytest.mark.nightly) for n in (1, 3))])
def test_however_short_the_turns_are_a_guest_is_the_same(share: int) -> None:
    packed = Packed([guest(f"{name}=share:{share}") for name in ("traps", "hello", "traps=name:two")[:share]])
    assert packed.run().reason is Reason.HALT
    assert packed.virtual(0) == alone("traps")[0]


# ---- the monitor on itself, and on the derived one


def nested(inner: list[Tenant], times: int) -> list[Tenant]:
    """A monitor whose disk holds the guests, and so on."""
    for _ in range(times):
        image = guest("vmm")
        inner = [Tenant("vmm", image.words, image.entry, room(inner, 4096), disk=pack(inner))]
    return inner


@pytest.mark.parametrize(
    ("times", "depth"),
    [(2, 0), (0, 1), pytest.param(1, 1, marks=pytest.mark.nightly), pytest.param(2, 2, marks=pytest.mark.nightly)],
)
def test_it_runs_on_itself_and_on_the_derived_monitor(times: int, depth: int) -> None:
    packed = Packed(nested([guest("os")], times), depth=depth)
    assert packed.run().reason is Reason.HALT
    ends = "[os halts with 0]\n" + "[vmm: 1 of 1 ended well]\n[vmm halts with 0]\n" * times
    assert packed.output == f"{alone('os')[1]}{ends}[vmm: 1 of 1 ended well]\n"


@pytest.mark.nightly
def test_a_derived_monitor_changes_no_step_of_it() -> None:
    one, other = (Packed([guest("disk"), guest("echo")], depth=depth) for depth in (0, 1))
    assert one.run().steps == other.run().steps
    assert one.output == other.output


# ---- the console


def test_one_guest_has_the_monitors_own_console() -> None:
    packed = Packed([guest("echo"), guest("echo=name:live,console")], Script(b"on\nno\n"))
    assert packed.run().reason is Reason.HALT
    own = [line[6:] for line in packed.output.splitlines() if line.startswith("live| ")]
    assert own == ["no", "on", "2 lines"]


def check_live() -> None:
    live = Live()
    packed = Packed([guest("echo=console"), guest("hello")], live)
    assert packed.run(200_000).reason is Reason.BUDGET
    assert "[hello halts with 0]" in packed.output and "echo|" not in packed.output
    live.feed(b"late\n")
    packed.run(200_000)
    assert packed.output.endswith("echo| etal\n")
    live.close()
    assert packed.run().reason is Reason.HALT
    assert packed.output.endswith("[vmm: 2 of 2 ended well]\n")


def test_what_is_typed_late_comes_late() -> None:
    check_live()


def test_a_guest_that_leaves_its_input_alone_loses_none_of_it() -> None:
    """More than the monitor keeps of it: what is not taken waits below."""
    wait = "start: li r2, 40000\nwait: addi r2, r2, -1\nbnez r2, wait\nset r3, 1\nset r4, 0\n"
    take = "next: in r1, r3\nandi r2, r1, 2\nbnez r2, end\nbeqz r1, next\nin r2, r0\naddi r4, r4, 1\nb next\n"
    program = replace(_program(f"{wait}{take}end: mov r1, r4\nhalt"), console=True)
    packed = Packed([program], Script(b"x" * 700))
    assert packed.run().reason is Reason.HALT
    assert packed.output.startswith("[printing halts with 700]")


def test_a_long_line_is_broken_and_a_line_without_end_is_ended() -> None:
    printing = _program("set r2, 300\nloop: set r1, 'a'\nout r1, r0\naddi r2, r2, -1\nbnez r2, loop\nset r1, 7\nhalt")
    packed = Packed([printing, guest("hello")])
    packed.run()
    lines = [line for line in packed.output.splitlines() if "printing" in line]
    assert lines == [*(f"printing| {'a' * n}" for n in (128, 128, 44)), "[printing halts with 7]"]
    assert packed.output.endswith("[vmm: 1 of 2 ended well]\n")
    assert packed.machine.state["x"][1] == 1


def test_who_waits_for_ever_ends() -> None:
    packed = Packed([_program("idle\nhalt"), guest("hello")])
    assert packed.run().reason is Reason.HALT
    assert "[printing waits for ever]" in packed.output


def _program(text: str, storage: int = 64) -> Tenant:
    image = assemble(G3, f".org 8\n.word 16, 0, 0, -1\n.org 16\n{text}\n", "printing")
    return Tenant("printing", flat(image), image.entry, storage)


# ---- what no shipped guest does


def check_program(text: str) -> None:
    """As on the bare machine; another guest lies behind it."""
    program = _program(text)
    on = bare(G3, Storage(G3.word, program.storage))
    on.storage.write(0, list(program.words))
    on.state["pc"] = program.entry
    assert on.run(1000).reason is Reason.HALT
    packed = Packed([program, guest("hello")])
    packed.run()
    assert packed.virtual(0) == seen(on)


check_beyond = partial(check_program, "lw r1, 4(r0)\nhalt\nstart: set r1, 1000\nset r2, 100\nlrel r1, r2\nhalt")
check_zero = partial(check_program, "start: set r1, 9\nstim r1\nrtim r0\nstim r0\nrtim r1\nhalt")


@pytest.mark.parametrize("check", [check_beyond, check_zero], ids=["a base beyond the window", "a result in r0"])
def test_what_no_shipped_guest_does(check: Check) -> None:
    check()


def check_fair() -> None:
    packed = Packed([_program("start: rtim r1\nb start"), guest("fib")])
    packed.run(200_000)
    assert "[fib halts with 0]" in packed.output


def test_a_guest_that_only_traps_takes_no_more_than_its_share() -> None:
    check_fair()


# ---- planted bugs, in the text of the monitor

BUGS: dict[tuple[str, str], Check] = {
    ("xori r2, r8, Cause.clock", "xori r2, r8, Cause.svc"): partial(check_alone, "stopwatch"),
    ("bgeu r1, r2, 1f         # a base", "bgeu r0, r2, 1f         # a base"): check_beyond,
    ("addi r1, r1, 2          # the two", "addi r1, r1, 1          # the two"): partial(check_alone, "os"),
    ("addi r1, r1, INTERVAL", "addi r1, r1, INTERVAL + 1"): partial(check_alone, "echo"),
    ("sw   r0, vm + VM_X(r0)", "nop"): check_zero,
    ("j    timeless           # it begins", "j    passed             # it begins"): partial(check_alone, "stopwatch"),
    ("beqz r1, ignore\n        andi r1, r1, WAITING", "andi r1, r1, WAITING"): check_live,
    ("set  r2, vm             # what is", "nop                     # what is"): check_several,
    ("addi r1, r1, -EXIT", "addi r1, r1, -1"): check_fair,
}
DAILY = 2  # of them


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, marks=() if n < DAILY else pytest.mark.nightly) for n, change in enumerate(BUGS)],
    ids=lambda change: change[1].partition("\n")[0][:24],
)
def test_a_planted_bug_is_caught(change: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = planted(*change)

    def plant(patch: Patch) -> None:
        patch.setattr("tests.vmm.packed.monitor", lambda: wrong)

    must_catch(Planted(change[1], plant, BUGS[change]), monkeypatch, (AssertionError,))
