"""What is asked of a host in words, as on the command line, and what is answered: the same verbs, checks and texts.

{"words": ["web", "--steps", "100"]}    ->    {"machines": [...], "lines": ["web: idle at step 9"]}
"""

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError, UsageError
from trapline.hosting.verbs import VERBS, Configure
from trapline.mistakes import Mistake
from trapline.options import Read

if TYPE_CHECKING:
    from monitor.host import Host

MOST_WORDS, LONGEST = 1000, 1 << 16


class Words(argparse.ArgumentParser):
    """Arguments of a verb; a mistake in them is an error of ours."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{self.prog}: {message}", "see docs/host-interface.md")


def asked(action: str, words: object, home: str, anywhere: bool = False) -> "Callable[[Host], dict[str, Any]]":
    """What a verb does with a host, and answers. Files lie in the folder `home` or below, unless they may lie
    `anywhere`. Raises UsageError for what makes no sense."""
    if action not in VERBS:
        raise UsageError(f"there is no verb {action!r:.40}", f"verbs are {', '.join(VERBS)}")
    arguments = parsed(action, VERBS[action].configure, words, home, anywhere)
    return lambda host: answered(host, action, arguments)


def parsed(action: str, configure: Configure, words: object, home: str, anywhere: bool) -> argparse.Namespace:
    """The words as arguments. Raises UsageError."""
    if not isinstance(words, list) or len(words) > MOST_WORDS or not all(map(_is_word, words)):
        raise UsageError("`words` are a list of texts", "give them as behind DIR on the command line")
    parser = Words(prog=action, add_help=False, allow_abbrev=False)
    configure(parser)
    arguments = parser.parse_args(words)
    for name, value in vars(arguments).items():
        setattr(arguments, name, _placed(value, home, anywhere))
    return arguments


def _is_word(word: object) -> bool:
    return isinstance(word, str) and len(word) <= LONGEST


def _placed(value: Any, home: str, anywhere: bool) -> Any:
    """Names of files, as from the host's folder."""
    if isinstance(value, list):
        return [_placed(item, home, anywhere) for item in value]
    return Read(within(value, home, anywhere)) if isinstance(value, Read) else value


def within(value: str, home: str, anywhere: bool) -> str:
    """The whole name of a file in the folder `home` or below, or `anywhere`. Raises UsageError."""
    path = os.path.realpath(os.path.join(home, value))
    if not anywhere and os.path.commonpath([os.path.realpath(home), path]) != os.path.realpath(home):
        raise UsageError(f"{value} does not lie in the host's folder", "put it there")
    return path


def answered(host: "Host", action: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from trapline.hosting.told import line

    records = VERBS[action].perform(host, arguments)
    lines = [line(record) for record in records] or ["no machine runs"]
    lines += [f"{name}: {why}" for name, why in host.copies.behind.items()]
    return {"machines": [record.facts() for record in records], "lines": lines}


def failure(error: BaseException) -> dict[str, Any]:
    """An error as an answer; of a mistake of ours nobody learns more than that it is one."""
    if isinstance(error, TraplineError):
        told = {"message": error.message, "help": error.help, "exit_code": error.exit_code}
        return {"error": {**told, "text": error.render()}}
    if isinstance(error, OSError):
        return failure(TraplineError(error.strerror or str(error)))
    return failure(Mistake("a mistake in Trapline", "look at what the host's process has printed"))
