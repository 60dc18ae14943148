"""When `trapline debug` is an application, and when it is words: a terminal, the extra, and what was asked for."""

import io

import pytest

from trapline.cli import main
from trapline.screen import start

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_drawable", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("step 2\n"))


@pytest.mark.usefixtures("at_a_terminal")
def test_at_a_terminal_it_is_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "show", lambda arguments: 77)
    assert main(["debug", "hello"]) == 77


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_plain_words_draw_nothing(option: str, capfd: Capture) -> None:
    assert main(["debug", "hello", option]) == 0
    out = capfd.readouterr().out
    assert "step 2: stands at pc 0x12" in out and "\x1b" not in out


def test_without_a_terminal_it_is_words(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("step 2\n"))
    assert main(["debug", "hello"]) == 0
    assert "step 2: stands at pc 0x12" in capfd.readouterr().out


@pytest.mark.usefixtures("at_a_terminal")
def test_without_the_extra_it_is_words_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    assert main(["debug", "hello"]) == 0
    told = capfd.readouterr()
    assert "step 2: stands" in told.out and "pip install 'trapline[tui]'" in told.err
    assert main(["debug", "hello", "--web"]) == 2
    assert "pip install 'trapline[tui]'" in capfd.readouterr().err


@pytest.mark.parametrize("terminal", ["dumb", ""])
def test_a_terminal_on_which_nothing_can_be_drawn_is_none(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setenv("TERM", terminal or "xterm")
    assert start._drawable() is (terminal == "")
