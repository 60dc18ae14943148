"""What is shown over the panes: the question before a branch, and what keys and words mean."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from trapline.screen.keys import MOVES, OTHERS, shown


class Question(ModalScreen[bool]):
    """Yes or no; who does not say yes says no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,enter,ctrl+c,q", "answer(False)", "no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        yield Static(f"{self.question}\n\n[y] yes    [n] no", id="question", markup=False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class Explanation(ModalScreen[None]):
    """All keys and all words."""

    AUTO_FOCUS = "*"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter,ctrl+c", "dismiss(None)", "back")]

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self.words = words

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="explanation"):
            yield Static("\n".join(explained(self.words)), markup=False)


def explained(words: list[str]) -> list[str]:
    moves = [f"  {move.key}  {move.label:<8} {move.does}" for move in MOVES]
    others = [f"  {shown(key.key):<8} {key.does}" for key in OTHERS]
    return [
        "escape goes back.",
        "",
        "Keys that move the machine; a capital letter goes backwards",
        *moves,
        "",
        "Other keys",
        *others,
        "  1 to 6   another pane beside the source; arrows and pages go up and down in it",
        "",
        "Panes and their own keys",
        "  source   > comes next, * is a breakpoint, . is the cursor; f follows the machine",
        "  state    registers and fields, virtual beside real; * has changed",
        "  storage  f another form, r relocation applied or not, v virtual or real, a another address",
        "  time     marks: t trap, d device, x exit, * breakpoint, / branch; ^ is now, | the cursor",
        "           left, right, [ and ] choose, + and - zoom, enter or the mouse goes there",
        "",
        "Words, after `:`; `back WORD` asks the same backwards",
        *(f"  {line}" for line in words),
    ]
