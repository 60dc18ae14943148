"""Questions as a page for print: the answers begin on a sheet of their own. It needs nothing else, and no script."""

from collections.abc import Sequence
from html import escape

from trapline.labs.questions.asking import Question
from trapline.labs.questions.formats.told import CONTEXT, letter

_STYLE = """
body { font: 12pt/1.4 serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem } pre { font-size: 10pt;
white-space: pre-wrap } li, section > div { break-inside: avoid } ol.choices { list-style: lower-alpha }
section.answers { break-before: page }
"""


def page(questions: Sequence[Question]) -> bytes:
    """The file's bytes."""
    asked = "\n".join(_question(question) for question in questions)
    answers = "\n".join(_answer(question) for question in questions)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>What is sensitive?</title>'
    body = f"<h1>What is sensitive?</h1>\n<p>{escape(CONTEXT)}</p>\n<ol>\n{asked}\n</ol>\n"
    body += f'<section class="answers"><h2>Answers</h2>\n<ol>\n{answers}\n</ol></section>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n<body>{body}</body></html>\n'
    ).encode()


def _question(question: Question) -> str:
    choices = "".join(f"<li>{escape(choice)}</li>" for choice in question.choices)
    code = escape("\n".join(question.lines))
    return f'<li><p>{escape(question.text)}</p><pre>{code}</pre><ol class="choices">{choices}</ol></li>'


def _answer(question: Question) -> str:
    shown = f"<pre>{escape(question.witness)}</pre>" if question.witness else ""
    choice = f"{letter(question.answer)}) {question.choices[question.answer]}"
    return f"<li><p><b>{escape(choice)}.</b> {escape(question.explanation)}</p>{shown}</li>"
