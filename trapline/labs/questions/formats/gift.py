"""Questions as GIFT, the text format that Moodle imports. What GIFT takes for its own signs is escaped."""

from collections.abc import Sequence
from html import escape

from trapline.labs.questions.asking import Question
from trapline.labs.questions.formats.told import CONTEXT

_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\~=#{}:"} | {"\n": "\\n"})


def gift(questions: Sequence[Question]) -> bytes:
    """The file's bytes."""
    return "\n\n".join(_question(number, question) for number, question in enumerate(questions, 1)).encode() + b"\n"


def _question(number: int, question: Question) -> str:
    code = escape("\n".join(question.lines), quote=False)
    text = f"<p>{escape(CONTEXT)}</p><p>{escape(question.text)}</p><pre>{code}</pre>"
    shown = f"<pre>{escape(question.witness, quote=False)}</pre>" if question.witness else ""
    choices = [
        f"    {'=' if place == question.answer else '~'}{_said(choice)}"
        for place, choice in enumerate(question.choices)
    ]
    told = f"    ####{_said(f'<p>{escape(question.explanation)}</p>{shown}')}"
    return "\n".join([f"::Question {number}::[html]{_said(text)} {{", *choices, told, "}"])


def _said(text: str) -> str:
    return text.translate(_SIGNS)
