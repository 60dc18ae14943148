"""Verdicts in the background: one process at a time, ended as soon as nobody wants its answer any more.

`Verdicts.ask` starts it, and calls back for each machine. What was decided of a text is kept while it is open.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from trapline.editing.description.library import Described
from trapline.editing.description.outline import Verdict

LONGEST = 1 << 24  # characters of an answer
LOST = Verdict("not decided: the process that should do so ended; `trapline verify` says more", {})


@dataclass
class _Question:
    """A text that is being asked about, or was."""

    text: str
    found: dict[str, Verdict] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None


@dataclass
class Verdicts:
    """`told` is called with a path whenever something was decided of its text."""

    told: Callable[[str], None]
    _questions: dict[str, _Question] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one process at a time

    def ask(self, described: Described) -> dict[str, Verdict]:
        """What is known of the machines of a text; what is not is asked, and any former text of it no longer."""
        question = self._questions.get(described.path)
        if question is None or question.text != described.source.text:
            self.cancel(described.path)
            question = self._questions[described.path] = _Question(described.source.text)
            if described.isas:
                question.task = asyncio.ensure_future(self._decide(described, question))
        return question.found

    def changed(self, path: str, text: str) -> None:
        """A text is another one now: nobody wants to know of the former one."""
        question = self._questions.get(path)
        if question is not None and question.text != text:
            self.cancel(path)

    def cancel(self, path: str) -> None:
        """End what is going on about a text, and forget what was decided."""
        question = self._questions.pop(path, None)
        if question is not None and question.task is not None:
            question.task.cancel()

    def end(self) -> None:
        for path in list(self._questions):
            self.cancel(path)

    async def _decide(self, described: Described, question: _Question) -> None:
        request = {"path": described.path, "text": described.source.text, "machines": list(described.isas)}
        with suppress(OSError, ValueError):  # it ended in the middle, or wrote what nobody can read
            async with self._turn:
                async for answer in _answers(request):
                    question.found[answer["machine"]] = Verdict(answer["verdict"], answer["instructions"])
                    self.told(described.path)
        for name in described.isas:
            question.found.setdefault(name, LOST)
        self.told(described.path)


async def _answers(request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """What the process says, a machine at a time. It ends when nobody listens any more."""
    process = await _started()
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        while line := await process.stdout.readline():
            yield json.loads(line)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdin.close()


async def _started() -> Process:
    """The process, the leader of a group of its own. It takes modules from nowhere but where ours are."""
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH", ""))))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "trapline.editing.verdicts"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": paths},
        limit=LONGEST,
    )
