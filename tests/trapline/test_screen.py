"""The application of `trapline debug` at 80x24: keys are words in both directions, and each pane shows what is so."""

import asyncio
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Key

from isa.devices import Live
from monitor.history import History
from tests.planting import Bugs, Planted, must_catch, passes
from tests.trapline import counting
from tests.trapline.screens import REFERENCE, Session, debugger, driven, endless
from trapline.debugging.opening import debugger_of
from trapline.debugging.words import WORDS
from trapline.screen import application, keys
from trapline.screen.application import Application

pytestmark = [pytest.mark.slow, pytest.mark.long]

BUGS = Bugs()
caught_by = BUGS.caught_by


def test_all_of_it_fits_and_every_key_is_in_view() -> None:
    async def drive(session: Session) -> None:
        assert len(session.lines) == 24 and max(map(len, session.lines)) <= 80
        footer = " ".join(session.lines[-3:])
        for key in (*keys.MOVES, *keys.OTHERS):
            assert f"{keys.shown(key.key)} {key.label}" in footer
        assert "CAPITAL: back" in footer and ".>    10    5 start:  set   r1, 65" in session.text
        await session.press("question_mark")
        assert "a capital letter goes backwards" in session.text
        await session.press("end")
        assert "quit" in session.text
        await session.press("escape")
        for size in ((1, 1), (30, 6), (80, 24)):  # somebody pulls at a corner of the window
            await session.pilot.resize_terminal(*size)
            await session.settle()
        assert ".>    10    5 start:  set   r1, 65" in session.text

    driven(drive, debugger())


def test_what_is_explained_has_every_key_and_every_word() -> None:
    from trapline.screen.dialogs import explained

    text = "\n".join(explained(list(debugger().do("help"))))
    assert [key for key in (*keys.MOVES, *keys.OTHERS) if f"{keys.shown(key.key)} " not in text] == []
    assert [word for word in WORDS if f"  {word} " not in text] == []


@pytest.mark.parametrize("key", keys.MOVES, ids=lambda key: key.key)
def test_a_capital_letter_says_the_same_backwards(key: keys.Key) -> None:
    assert keys.meaning(key.key) == key.word and keys.meaning(key.key.upper()) == f"back {key.word}"


def test_keys_go_forwards_and_backwards_and_words_too() -> None:
    async def drive(session: Session) -> None:
        await session.press("s", "s", "t")
        there = session.step
        assert there > 2 and "svc" in session.text
        await session.press("t", "T")
        assert session.step == there
        await session.say("back 2")
        assert session.step == there - 2
        await session.say("stop")
        assert "there is no word `stop`" in session.text and "did you mean" in session.text
        assert session.step == there - 2
        await session.press("up", "up", "enter")  # what was said before can be said again
        assert session.step == there - 4

    driven(drive, debugger())


def test_state_shows_both_sides_and_what_has_changed() -> None:
    async def drive(session: Session) -> None:
        await session.press("s")
        assert any(line.endswith("r1             *0x41      *0x41") for line in session.lines)
        await session.press("s")
        assert any(line.endswith("r1             0x41       0x41") for line in session.lines)
        await session.press("t", "tab", "pagedown")
        assert any("psw.mode" in line and line.count("user") == 2 for line in session.lines)
        assert any("base" in line and "0x0" in line and "0x400" in line for line in session.lines)

    driven(drive, debugger(1))


def test_storage_is_shown_in_every_form_relocated_or_not() -> None:
    async def drive(session: Session) -> None:
        await session.press("2")
        await session.say("@ start")
        assert "hex, by place" in session.text and "   10  11100041 " in session.text
        await session.press("escape", "tab", "f")
        assert f"{0x11100041:>11} " in session.text
        await session.press("f", "f")
        assert "   10  11100041  start: addi r1, r0, 65" in session.text
        await session.say("go 25")  # in the program, which sees its words where they are
        await session.press("escape", "tab", "r", "home", "down")
        assert "instructions, relocation applied" in session.text and "    1  00000001" in session.text

    driven(drive, debugger())


def test_console_exits_and_traps_are_those_of_the_step() -> None:
    async def drive(session: Session) -> None:
        await session.say("until r3 == 68")
        await session.press("escape", "3")
        assert any(line.endswith("BC") or " BC" in line for line in session.lines)
        await session.press("4")
        assert "emulated" in session.text and "privileged" in session.text and "loop.s" in session.text
        await session.press("5")
        shown = session.text
        assert "monitor 1 (emulated), runs" in shown and "supervisor, trapped: privileged" in shown
        assert "user, trapped: svc" in shown and "loop.s:12: svc" in shown
        await session.say("go 0")
        await session.press("escape", "3")
        assert not any("BC" in line[40:] for line in session.lines[5:20])

    driven(drive, debugger(1))


def test_breakpoints_are_set_where_the_cursor_is() -> None:
    async def drive(session: Session) -> None:
        await session.press(*("down",) * 8, "b")  # on `loop`
        assert any(line.startswith(". *   18   10 loop:") for line in session.lines)
        assert [stop.name for stop in session.application.debugger.stops] == ["loop"]
        await session.press("c", "c")
        assert ".>*   18" in session.text and session.step == 15 and "*" in session.lines[2]
        await session.press("C", "C")
        assert session.step == 0
        await session.press(*("down",) * 10, "g")
        assert session.step == 5 and ".>    1a   12 svc" in session.text
        await session.press("up", "up", "b")
        assert session.application.debugger.stops == [] and "*" not in session.lines[2]

    driven(drive, debugger())


def test_what_is_typed_in_a_burst_goes_where_it_belongs() -> None:
    """As from a paste, or over a slow line."""

    async def drive(session: Session) -> None:
        for key in ("s", "colon", *"step 3", "enter"):
            session.application.post_message(Key(key, key if len(key) == 1 else None))
        await session.settle()
        assert session.step == 4 and session.application.line.said == ["step 3"]

    driven(drive, debugger())


def test_every_key_is_a_button_too() -> None:
    async def drive(session: Session) -> None:
        await session.pilot.click("#footer", offset=(2, 0))
        await session.settle()
        assert session.step == 1
        await session.pilot.click("#strip", offset=(16, 0))
        await session.settle()
        assert "hex, by place" in session.text
        await session.press("colon")
        await session.pilot.click("#footer", offset=(2, 0))
        await session.settle()
        assert session.step == 2

    driven(drive, debugger())


def test_an_exit_of_any_kind_is_gone_to_by_a_key() -> None:
    async def drive(session: Session) -> None:
        steps = []
        for key in ("x", "x", "x", "X"):
            await session.press(key)
            steps.append(session.step)
        assert steps == [2, 5, 8, 5]

    driven(drive, debugger(1))


def test_what_the_guest_reads_is_typed() -> None:
    async def drive(session: Session) -> None:
        await session.press("3", "i")
        assert session.application.line.value == "type "
        await session.say("type abc")
        await session.say("run")
        await session.press("escape", "3")
        assert any(line.endswith(" cba") for line in session.lines)

    with debugger_of("echo", engine=REFERENCE, input=None) as made:
        with made.history.change():
            made.consoles[0].input = Live()
        driven(drive, made)


def test_the_past_is_changed_after_a_question_alone() -> None:
    async def drive(session: Session) -> None:
        await session.press("t", "t", "S")
        newest = session.application.debugger.history.newest
        session.application.line.focus()
        session.application.line.value = "set [4 + counter - 4] = 70"
        await session.pilot.press("enter")
        await session.pilot.pause()
        assert "`set [4 + counter - 4] = 70` changes the past" in session.text and "[y] yes" in session.text
        await session.press("n")
        assert "nothing is changed" in session.text and session.application.debugger.history.newest == newest
        session.application.line.value = "set r1 = 70"
        await session.pilot.press("enter")
        await session.pilot.pause()
        await session.press("y")
        assert "a branch begins" in session.text and session.application.debugger.history.newest == session.step
        assert any("/" in line for line in session.lines[1:3])

    driven(drive, debugger())


def test_panes_show_the_guest_that_is_looked_at() -> None:
    async def drive(session: Session) -> None:
        for _ in range(4):
            await session.press("t")
        first = session.text
        assert "handler:" in first
        await session.say("guest other")
        assert "other: step" in session.text and session.text != first
        assert ".>    10    5 start:  set   r1, 65" in session.text
        await session.say("guest loop")
        assert session.application.source.border_title == "source loop.s"
        assert "handler:" in session.text

    driven(drive, counting.side_by_side(REFERENCE))


def test_the_picture_in_the_manual_is_what_one_sees() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "debug.md").read_text()

    async def drive(session: Session) -> None:
        await session.press("m", "m", "m", "m", "t", "T", "5")
        assert f"```\n{session.text}\n```" in manual, session.text

    with debugger_of("os", monitor="trap", engine=REFERENCE) as made:
        driven(drive, made, title="trapline debug: os, under 1 monitor")


def search_is_broken_off() -> None:
    """While it goes on, in another thread, it is told how far it has come; then the machine is where it was."""

    async def drive(session: Session) -> None:
        await session.press("s", "s")
        reached = threading.Event()
        work, progress = session.application.work, session.application.work._progress

        def note(step: int) -> None:
            reached.set()
            progress(step)

        work.debugger.history.progress = note
        session.application.say("until r1 == 70000")
        while not reached.is_set():
            await session.pilot.pause()
        session.application.say("step")  # waits, and is given up too
        session.application._tell_progress()
        assert "^C breaks it off" in str(session.application.message.render())
        await session.press("ctrl+c")
        assert "broken off" in session.text and session.step == 2
        await session.press("s")
        assert session.step == 3

    driven(drive, endless())


def signals_are_taken() -> None:
    """From outside, not by a key: SIGINT breaks off what is done and ends nothing, SIGTERM ends it all in order."""
    before = signal.getsignal(signal.SIGTERM)

    async def drive(session: Session) -> None:
        assert signal.getsignal(signal.SIGTERM) != before  # else it would end the test
        await session.press("s", "s")
        reached = threading.Event()
        work, progress = session.application.work, session.application.work._progress
        work.debugger.history.progress = lambda step: (reached.set(), progress(step))[1]
        session.application.say("until r1 == 70000")
        while not reached.is_set():
            await session.pilot.pause()
        signal.raise_signal(signal.SIGINT)
        await session.settle()
        assert "broken off" in session.text and session.step == 2
        signal.raise_signal(signal.SIGTERM)
        await session.pilot.pause()
        assert session.application.return_code == 143

    driven(drive, endless())


def one_thing_at_a_time() -> None:
    """However fast one types: two threads at one machine would be the end of it."""

    async def drive(session: Session) -> None:
        work, inside, most, loop = session.application.work, [0], [0], asyncio.get_running_loop()

        def alone(method: Callable[[object], object]) -> Callable[[object], object]:
            def done(argument: object) -> object:
                inside[0] += 1
                for _ in range(5):  # whoever else wants to begin may
                    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
                    most[0] = max(most[0], inside[0])
                try:
                    return method(argument)
                finally:
                    inside[0] -= 1

            return done

        work.do, work.some = alone(work.do), alone(work.some)  # type: ignore[assignment, method-assign]
        await session.press("5")
        for key in ("s", "s", "down", "up", "t", "1", "S", "down", "5", "s", "up"):
            session.application.simulate_key(key)
        await session.settle()
        assert most == [1] and session.step == 5

    driven(drive, debugger())


test_a_search_is_broken_off = search_is_broken_off


def test_signals_are_taken() -> None:
    passes(signals_are_taken)


def test_one_thing_is_done_at_a_time() -> None:
    passes(one_thing_at_a_time)


Patch = pytest.MonkeyPatch


@caught_by(signals_are_taken)
def signals_are_somebody_elses(patch: Patch) -> None:
    patch.setattr("trapline.screen.application.main_thread", lambda: None)


@caught_by(search_is_broken_off)
def the_machine_does_not_come_back(patch: Patch) -> None:
    original = History.go
    patch.setattr(History, "go", lambda self, step: original(self, step) if step >= self.machine.steps else None)


@caught_by(search_is_broken_off)
def what_waits_is_done_all_the_same(patch: Patch) -> None:
    patch.setattr(Application, "action_cancel", lambda self: self.work.cancel())


@caught_by(one_thing_at_a_time)
def nobody_waits_for_another(patch: Patch) -> None:
    class Open:
        async def __aenter__(self) -> None: ...
        async def __aexit__(self, *raised: object) -> None: ...
        def locked(self) -> bool:
            return False

    patch.setattr(application.asyncio, "Lock", Open)


@pytest.mark.nightly
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
