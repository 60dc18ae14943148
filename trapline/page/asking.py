"""Questions of the page as JSON, and answers as JSON. Whatever is asked, an answer comes."""

import json
import os
from collections.abc import Callable
from typing import Any

from isa.errors import TraplineError, UsageError
from isa.files.sources_read import noting
from trapline.adapter.arguments import Arguments
from trapline.mistakes import mistake
from trapline.output import error_parts
from trapline.page.questions import QUESTIONS, Desk

LARGEST = 1 << 24  # characters of a question
LATER = ("z3",)  # modules that the page loads when something needs them


class Page:
    """Who answers one page. `told` is called with how far something is, as text. Everything happens in folders of
    `home`, the files of the page in the one that a question names."""

    def __init__(self, home: str, told: Callable[[str], None] = lambda text: None) -> None:
        self.home, self.desk = home, Desk(told)

    def ask(self, text: str) -> str:
        """`{"answer": ...}`; `{"needs": ...}`, a module without which it cannot be said, and then ask again; or
        `{"error": ...}` with `message`, `help`, `exit_code`, `text`, and `places` in files."""
        try:
            found = {"answer": self._answer(text)}
        except TraplineError as error:
            found = {"error": _said(error)}
        except ModuleNotFoundError as error:
            found = {"needs": error.name} if error.name in LATER else {"error": _said(mistake(error))}
        except (MemoryError, RecursionError) as error:
            what = "needs more memory than there is" if isinstance(error, MemoryError) else "is nested too deep"
            found = {"error": _said(TraplineError(f"it {what}", "take something smaller"))}
        except Exception as error:
            found = {"error": _said(mistake(error))}
        return json.dumps(found)

    def _answer(self, text: str) -> Any:
        if len(text) > LARGEST:
            raise UsageError(f"a question of {len(text):,} characters is too long", "take some files away")
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            raise UsageError("a question is a JSON object", "see trapline/page/questions.py")
        arguments = Arguments("a question", asked)
        name = arguments.text("ask")
        if name not in QUESTIONS:
            raise UsageError(f"there is no question `{name:.40}`", f"one of: {', '.join(QUESTIONS)}")
        self._enter(arguments.text("folder", "files"))
        with noting():
            return QUESTIONS[name](self.desk, Arguments(name, asked))

    def _enter(self, name: str) -> None:
        """Go into a folder of the page's."""
        if not name.replace("-", "a").isalnum() or len(name) > 60 or not name.isascii():
            raise UsageError(f"{name!a:.80} is no name of a folder", "use letters, digits and `-`")
        path = os.path.join(self.home, name)
        os.makedirs(path, exist_ok=True)
        os.chdir(path)


def _said(error: TraplineError) -> dict[str, Any]:
    return {**error_parts(error), "text": error.render()}
