"""The terminal as live input, on a pseudo-terminal: modes restored however it is left, polling without waiting."""

import os
import pty
import signal
import termios
from collections.abc import Iterator
from contextlib import suppress

import pytest

from isa.devices import Console, Live
from isa.devices.terminal import Terminal


@pytest.fixture
def pair() -> Iterator[tuple[int, int]]:
    """The keyboard's end and the program's end of a terminal."""
    keyboard, screen = pty.openpty()
    yield keyboard, screen
    for fd in keyboard, screen:
        with suppress(OSError):
            os.close(fd)


def local_modes(fd: int) -> int:
    return int(termios.tcgetattr(fd)[3]) & (termios.ICANON | termios.ECHO | termios.ISIG)


def test_cbreak_inside_and_the_old_modes_outside(pair: tuple[int, int]) -> None:
    _, screen = pair
    before = termios.tcgetattr(screen)
    with Terminal(screen, Live()):
        assert local_modes(screen) == termios.ISIG
    assert termios.tcgetattr(screen) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_modes_are_restored_after_a_signal(pair: tuple[int, int], number: signal.Signals) -> None:
    _, screen = pair
    before, handler = termios.tcgetattr(screen), signal.getsignal(number)
    with pytest.raises((KeyboardInterrupt, SystemExit)) as caught, Terminal(screen, Live()):
        signal.raise_signal(number)
    assert termios.tcgetattr(screen) == before
    assert signal.getsignal(number) == handler
    if number is not signal.SIGINT:
        assert caught.value.code == 128 + number  # type: ignore[union-attr]


def test_after_a_stop_the_mode_is_set_again(pair: tuple[int, int]) -> None:
    _, screen = pair
    before = termios.tcgetattr(screen)
    with Terminal(screen, Live()):
        termios.tcsetattr(screen, termios.TCSANOW, before)
        signal.raise_signal(signal.SIGCONT)
        assert local_modes(screen) == termios.ISIG


def test_typed_characters_are_fed_and_ctrl_d_ends_the_input(pair: tuple[int, int]) -> None:
    keyboard, screen = pair
    console = Console(Live())
    assert isinstance(console.input, Live)
    with Terminal(screen, console.input) as terminal:
        assert not terminal.poll()
        os.write(keyboard, b"ab\r")
        assert terminal.poll(5)
        assert console.act(10, None)
        assert [console.recv(0, 10) for _ in range(4)] == [97, 98, 10, 0]
        os.write(keyboard, b"c\x04d")
        assert terminal.poll(5)
        assert not terminal.poll()
        assert console.act(20, None)
        assert [console.recv(1, 20), console.recv(0, 20), console.recv(1, 20)] == [1, ord("c"), 2]


def test_a_terminal_that_hangs_up_is_the_end_and_no_error(pair: tuple[int, int]) -> None:
    keyboard, screen = pair
    live = Live()
    with Terminal(screen, live) as terminal:
        os.close(keyboard)
        assert terminal.poll(5)
        assert not terminal.poll()
    assert live.arrive(5) == b"" and live.ended


def test_a_pipe_has_no_modes_and_any_byte_is_data() -> None:
    reader, writer = os.pipe()
    live = Live()
    with Terminal(reader, live) as terminal:
        assert not terminal.poll()
        os.write(writer, b"a\x04b")
        assert terminal.poll()
        os.close(writer)
        assert terminal.poll()
        assert not terminal.poll()
    os.close(reader)
    assert live.arrive(1) == b"a\x04b" and live.ended
