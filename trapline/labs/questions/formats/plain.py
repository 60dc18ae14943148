"""Questions as text: first the questions, then the answers with explanations and witnesses."""

import textwrap
from collections.abc import Iterator, Sequence

from trapline.labs.questions.asking import Question
from trapline.labs.questions.formats.told import CONTEXT, letter

WIDTH = 100


def plain(questions: Sequence[Question]) -> bytes:
    """The file's bytes."""
    lines = [*textwrap.wrap(CONTEXT, WIDTH), ""]
    for number, question in enumerate(questions, 1):
        lines += _question(number, question)
    lines += ["Answers", ""]
    for number, question in enumerate(questions, 1):
        lines += _answer(number, question)
    return "\n".join(lines).encode()


def _question(number: int, question: Question) -> Iterator[str]:
    yield from textwrap.wrap(f"{number}. {question.text}", WIDTH, subsequent_indent="   ")
    yield ""
    yield from (f"       {line}" for line in question.lines)
    yield ""
    yield from (f"   {letter(place)}) {choice}" for place, choice in enumerate(question.choices))
    yield ""


def _answer(number: int, question: Question) -> Iterator[str]:
    head = f"{number}. {letter(question.answer)}) {question.choices[question.answer]}. {question.explanation}"
    yield from textwrap.wrap(head, WIDTH, subsequent_indent="   ")
    yield ""
    yield from (f"       {line}".rstrip() for line in question.witness.splitlines())
    if question.witness:
        yield ""
