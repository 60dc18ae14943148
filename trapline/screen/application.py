"""The application: panes around one debugger, keys and words that it is told, and what comes of them.

Words are done one after the other by another thread (`Work`), under a lock; panes look at the debugger only while
nothing moves it. What takes long to look at comes behind, while nobody waits for anything else.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from threading import current_thread, main_thread
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.events import DescendantFocus, Resize
from textual.widgets import Input, Static
from textual.worker import WorkerFailed

from isa.errors import TraplineError
from trapline.debugging.words import Debugger
from trapline.interrupts import code_of
from trapline.screen.dialogs import Explanation, Question
from trapline.screen.footer import Footer
from trapline.screen.keys import KEYS, OTHERS, PANES, meaning
from trapline.screen.line import Line
from trapline.screen.pane import Pane, plain
from trapline.screen.panes.answers import Answers
from trapline.screen.panes.chain import Chain
from trapline.screen.panes.consoles import Consoles
from trapline.screen.panes.exits import Exits
from trapline.screen.panes.source import Source
from trapline.screen.panes.state import State
from trapline.screen.panes.storage import Storage
from trapline.screen.panes.timeline import Timeline
from trapline.screen.work import Cancelled, Work

ROOMY = 132, 40  # columns and lines from which on all panes are in view
TICK = 0.2  # seconds between two looks at how far a long way has come
ADDRESS = "@"  # begins a line that says what the storage shows
ENDS = (signal.SIGTERM, signal.SIGHUP)


class Application(App[None]):
    """`return_code` is the exit code of the command; `failure` is a mistake of ours that has ended it."""

    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = "#source"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"press({key!r})", show=False, priority=True) for key in KEYS),
        Binding("ctrl+c", "cancel", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False),
    ]

    def __init__(self, debugger: Debugger, title: str) -> None:
        super().__init__()
        self.animation_level = "none"  # what moves by itself is in the way of who follows slowly
        self.debugger, self.title, self.work = debugger, title, Work(debugger)
        self.source, self.timeline, self.answers, self.storage = Source(), Timeline(), Answers(), Storage()
        self.side: list[Pane] = [State(), self.storage, Consoles(), Exits(), Chain(), self.answers]
        self.footer, self.line, self.message = Footer(), Line(), Static(id="message", markup=False)
        self._moving = asyncio.Lock()
        self.strip = Static(id="strip")
        self._server = os.getppid()
        self._waiting = 0  # words that are not done yet
        self._aside = False  # whether something is done for which nobody waits
        self._round = object()  # in which that is done: a new one ends those before
        self._stale: list[Pane] = []
        self.failure: Exception | None = None
        self._patience = 0  # how often somebody has lost it: who waits since before is not done any more

    def compose(self) -> ComposeResult:
        yield Static(f" {self.title}", id="title", markup=False)
        yield self.timeline
        yield self.strip
        with Horizontal(id="body"):
            yield self.source
            with Container(id="side"):
                yield from self.side
        yield self.message
        yield self.line
        yield self.footer

    def on_mount(self) -> None:
        self.action_choose(1)
        self.set_interval(TICK, self._tell_progress)
        if self.is_web:
            self.set_interval(TICK, self._leave_with_server)
        if current_thread() is main_thread():  # no other is told of signals; they are its business then
            loop = asyncio.get_running_loop()
            for number in ENDS:
                loop.add_signal_handler(number, self._end, code_of(number))
            loop.add_signal_handler(signal.SIGINT, self.action_cancel)
        self.say("where")

    def on_resize(self, event: Resize) -> None:
        self.screen_stack[0].set_class(event.size.width >= ROOMY[0] and event.size.height >= ROOMY[1], "-roomy")

    def on_unmount(self) -> None:
        self._patience += 1
        self.work.cancel()

    def _leave_with_server(self) -> None:
        """A server that was killed cannot say so."""
        if os.getppid() != self._server:
            self.exit(return_code=0)

    def _end(self, code: int) -> None:
        self.exit(return_code=code)

    def _handle_exception(self, error: Exception) -> None:
        """What nobody foresaw is told by whoever has started us, when the terminal is whole again."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.failure = self.failure or (cause if isinstance(cause, Exception) else error)
        self.error_console.quiet = True
        super()._handle_exception(error)

    # ---- what is said

    def say(self, line: str) -> None:
        """Have the debugger do a line, after those that wait already."""
        if not line:
            return self.bell()
        self._waiting += 1
        if self._aside:
            self.work.cancel()
        self.run_worker(self._said(line, self._patience))

    async def _said(self, line: str, patience: int) -> None:
        try:
            async with self._moving:
                if patience == self._patience:
                    await self._do(line)
        finally:
            self._waiting -= 1
        await self._look_on()

    async def _do(self, line: str) -> None:
        history, here, clock = self.debugger.history, self.debugger.machine.steps, self.debugger.history.clock
        self.work.begin()
        try:
            if not await self._allowed(line):
                return self._answer(line, ["nothing is changed"])
            answers = await asyncio.to_thread(self.work.do, line)
        except Cancelled:
            await asyncio.to_thread(history.back_to, clock)
            answers = [f"broken off at step {history.newest:,} of the run; the machine stays at step {here:,}"]
        if self.debugger.over:
            return self.exit(return_code=0)
        self._answer(line, answers)
        self._look(self.panes)

    async def _allowed(self, line: str) -> bool:
        """Whether a line that gives up what came after may do so."""
        if not self.debugger.branches(line):
            return True
        step = self.debugger.machine.steps
        question = f"`{line}` changes the past: what came after step {step:,} is given up. Do it?"
        answer = await self.push_screen_wait(Question(question))
        return answer is True

    def _answer(self, line: str, answers: list[str]) -> None:
        self.answers.add(line, answers)
        self.message.update(plain(answers[0]) if answers else "")
        if len(answers) > 1:
            self.action_choose(1 + self.side.index(self.answers))

    def _tell_progress(self) -> None:
        if self._waiting and self._moving.locked() and not self.screen.is_modal:
            self.message.update(f"step {self.work.reached:,} ... ^C breaks it off")

    # ---- what is seen

    @property
    def panes(self) -> list[Pane]:
        """Those in view."""
        return [pane for pane in (self.source, self.timeline, *self.side) if pane.display and pane.size.height]

    def _look(self, panes: list[Pane]) -> None:
        for pane in panes:
            pane.show(pane.look(self.debugger))

    def look_again(self, pane: Pane) -> None:
        self._stale.append(pane)
        self.run_worker(self._look_at_stale())

    async def _look_at_stale(self) -> None:
        async with self._moving:
            stale, self._stale = dict.fromkeys(self._stale), []
            self._look([pane for pane in stale if pane in self.panes])
        if stale:
            await self._look_on()

    async def _look_on(self) -> None:
        """What takes long comes when nobody waits for anything else, who breaks it off."""
        self._round = this = object()
        for pane in self.panes:
            later = pane.later(self.debugger)
            while self._round is this and (lines := await self._beside(later)) is not None:
                pane.show(lines)

    async def _beside(self, later: Iterator[list[Text]]) -> list[Text] | None:
        """Some more of these, or None if there is no more or something else is to do."""
        async with self._moving:
            if self._waiting or not self.is_running:
                return None
            self.work.begin()
            self._aside = True
            try:
                return await asyncio.to_thread(self.work.some, later)
            except Cancelled:
                return None
            finally:
                self._aside = False

    # ---- what is pressed

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are letters where somebody writes, and answers where there is a question."""
        return action != "press" or not (self.screen.is_modal or self.focused is self.line)

    async def action_press(self, key: str) -> None:
        """A key of the application. It is done at once, so that what is pressed next goes where it belongs."""
        await self.action_perform(key)

    async def action_perform(self, key: str) -> None:
        """The same by the mouse."""
        if key in PANES:
            self.action_choose(int(key))
        elif word := meaning(key):
            self.say(word)
        else:
            await self.run_action(next(other.action for other in OTHERS if other.key == key), self)

    def action_choose(self, number: int) -> None:
        """The pane beside the source."""
        chosen = self.side[number - 1]
        for pane in self.side:
            pane.set_class(pane is chosen, "chosen")
        names = [f"[@click=app.perform('{n}')]{_marked(n, pane, chosen)}[/]" for n, pane in enumerate(self.side, 1)]
        self.strip.update("  ".join(names))
        if isinstance(self.focused, Pane) and self.focused in self.side:
            chosen.focus()

    def action_begin_line(self, beginning: str) -> None:
        """Let somebody write a line that begins so."""
        self.line.value = beginning
        self.line.cursor_position = len(beginning)
        self.screen.set_focus(self.line)  # at once: the next key may be there already

    def action_leave_line(self) -> None:
        self.screen.set_focus(self.source)

    def action_toggle_break(self) -> None:
        self.say(self.source.toggled(self.debugger))

    def action_run_here(self) -> None:
        self.say(self.source.way_here(self.debugger))

    def action_explain(self) -> None:
        self.push_screen(Explanation(list(self.debugger.do("help"))))

    def action_cancel(self) -> None:
        """What is done is broken off, and what waits is not begun."""
        if self.screen.is_modal:
            self.screen.dismiss(None)
        elif self._waiting:
            self._patience += 1
            self.work.cancel()
        else:
            self.message.update("nothing is under way; q ends the debugger")

    def action_leave(self) -> None:
        self.exit(return_code=0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        line = event.value.strip()
        self.line.remember(line)
        if line.startswith(ADDRESS):
            self.run_worker(self._show_address(line.removeprefix(ADDRESS)))
        elif line:
            self.say(line)

    async def _show_address(self, text: str) -> None:
        self.action_choose(1 + self.side.index(self.storage))
        async with self._moving:
            try:
                self.storage.go(self.debugger.number(text))
            except TraplineError as error:
                self.message.update(error.message)

    def on_pane_moved(self, event: Pane.Moved) -> None:
        self.look_again(event.pane)

    def on_timeline_chosen(self, event: Timeline.Chosen) -> None:
        self.say(f"go {event.step}")

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.footer.show(event.widget.keys if isinstance(event.widget, Pane) else "")


def _marked(number: int, pane: Pane, chosen: Pane) -> str:
    """The name of a pane; that of the chosen one in brackets too, for who sees no colour."""
    name = f"{number} {pane.heading}"
    return f"[reverse]\\[{name}][/]" if pane is chosen else f" {name} "
