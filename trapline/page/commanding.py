"""A command, said in the folder of the page as in a terminal: what it prints, its exit code, and the files it changes.

There is no terminal, no network and no other process behind the page, so some commands have nothing to do here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from isa.errors import UsageError
from trapline.page.files import Files, changed, lay, shown
from trapline.page.streams import Told, kept

ELSEWHERE = {
    "bench": "measures this host",
    "dap": "serves an editor",
    "gdb": "serves gdb",
    "host": "keeps machines in folders of this host",
    "lsp": "serves an editor",
    "net": "serves other programs",
    "screen": "serves a viewer",
    "sweep": "needs processes",
    "volume": "serves other programs",
}  # what has nothing to do here
HISTORY = "debug"  # has a tab of its own
SERVED = ("--web", "--cluster")


def command(words: Sequence[str], files: Files, told: Callable[[str], None]) -> dict[str, Any]:
    """Say it; `told` hears how far it is. Raises UsageError for a command that has nothing to do here."""
    from trapline.cli import main

    words = words[1:] if words[:1] == ["trapline"] else words
    _check(words)
    lay(".", files)
    err = Told(told)
    with kept(err) as out:
        code = main(words)
    return {"code": code, "output": out.text, "err": err.text, "files": changed(files, shown("."))}


def _check(words: Sequence[str]) -> None:
    name = words[0] if words else ""
    if name in ELSEWHERE:
        raise UsageError(f"`{name}` {ELSEWHERE[name]}, and a page cannot", "install Trapline for that")
    if words[:2] == ["lab", "grade"]:
        raise UsageError("`lab grade` needs processes, and a page cannot", "install Trapline for that")
    if name == HISTORY and "--batch" not in words:
        raise UsageError("there is no terminal here to debug in", "the History tab has the same words")
    for word in words:
        if word.partition("=")[0] in SERVED:
            raise UsageError(f"a page cannot `{word.partition('=')[0]}`", "leave it away")
