"""A process that is killed with -9 between any two calls of what keeps a host, and what must be there then.

The verbs of a *story* are done twice: once to the end, noting after each what the host knows; and once in a process
that kills itself when it has made so many calls of the system, of files or of SQLite. Whoever opens the folder then
must find exactly what was known after the last verb that returned, or after the one under way.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from monitor.host import Host
from tests.host.hosts import check_objects, define, everything, opened
from tests.sizes import NIGHTLY

Verb = Callable[[Host], object]
STORY: tuple[Verb, ...] = (
    define,
    lambda host: host.start("web"),
    lambda host: host.send("web", b"ab"),
    lambda host: host.run(300),
    lambda host: host.snapshot("web", "one"),
    lambda host: host.send("web", b"wc"),
    lambda host: host.run(2000),
    lambda host: host.clone("web", "copy"),
    lambda host: host.pause("copy"),
    lambda host: host.snapshot("web", "two"),
    lambda host: host.save("web"),
    lambda host: host.restore("web"),
    lambda host: host.revert("web", "one"),
    lambda host: host.run(500),
    lambda host: host.resume("copy"),
    lambda host: host.send("copy", b"wdh"),
    lambda host: host.run(2000),
    lambda host: host.forget("web", "one"),
    lambda host: host.resize("copy", 2048),
    lambda host: host.stop("web"),
    lambda host: host.run(1000),
    lambda host: host.start("web"),
    lambda host: host.kill("web"),
    lambda host: host.undefine("web", everything=True),
    lambda host: host.undefine("copy"),
)
LAN = '[[networks]]\nname = "lan"\n'
GIVEN: Any = {"policy": "shares", "quantum": 100, "tables": LAN}  # so that accounts and frames are kept as well
HERE = os.path.join("monitor", "host", "")  # the code that keeps a host
FURTHER = len(STORY) if NIGHTLY else 2
MODULES = ("posix", "sqlite3", "fcntl")  # the calls that do it
KINDS = ("Connection", "Cursor", "BufferedWriter", "socket")


class Calls:
    """Counts calls of what keeps a host, and kills this process before or after one of them."""

    def __init__(self, last: int = -1) -> None:
        self.count, self.last = 0, last

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        if event in ("c_call", "c_return") and HERE in frame.f_code.co_filename and _keeps(called):
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
            self.count += 1


def _keeps(called: Any) -> bool:
    module, owner = getattr(called, "__module__", None), getattr(called, "__self__", None)
    return module in MODULES or type(owner).__name__ in KINDS


def told(path: Path, story: Sequence[Verb], last: int = -1, done: int = -1) -> tuple[list[dict[str, Any]], int]:
    """Do a story, from its beginning: what was known before and after each verb, and how many calls that took. `done`
    is a pipe that is told of each verb that has returned."""
    with opened(path, **GIVEN) as host:
        known, calls = [everything(host)], Calls(last)
        for verb in story:
            sys.setprofile(calls)
            try:
                verb(host)
            finally:
                sys.setprofile(None)
            if done >= 0:
                os.write(done, b".")
            known.append(everything(host))
    return known, calls.count


def killed(path: Path, story: Sequence[Verb], last: int) -> int:
    """Do a story in a process that kills itself; how many verbs returned."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told(path, story, last, writes)
        finally:
            os._exit(0)
    os.close(writes)
    with open(reads, "rb") as pipe:
        done = len(pipe.read())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return done


def check(path: Path, story: Sequence[Verb], known: Sequence[dict[str, Any]], last: int) -> None:
    """Whatever was acknowledged is there, the verb under way is whole or not at all, and the story goes on from there,
    in its next verbs, or by night to its end."""
    done = killed(path, story, last)
    with opened(path, **GIVEN) as host:
        found = everything(host)
        assert found in known[done : done + 2], f"killed at call {last}, in verb {done}"
        check_objects(host)
        rest = done + (found != known[done])
        for number, verb in enumerate(story[rest : rest + FURTHER], rest + 1):
            verb(host)
            assert everything(host) == known[number]
    shutil.rmtree(path)
