"""A job in a process of its own: what it may use, how it tells what came of it, and what its death means.

`python -m trapline.jobs.child` does one job that it reads from stdin, and writes what came of it to stdout: for whoever
may not fork (`cluster.py`).
"""

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from typing import Any

from trapline.jobs.job import How, Job, Outcome

LARGEST = 64 << 20  # bytes of a result


def here(job: Job) -> Outcome:
    """A job done in this process."""
    try:
        return Outcome(job.key, How.DONE, job.work(job.data))
    except Exception as error:
        return Outcome(job.key, How.FAILED, None, f"{type(error).__name__}: {error}")


def confine(memory: int) -> None:
    """Make this process one that does a job, in so many bytes, and has no input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for the results hears of it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def told(outcome: Outcome) -> bytes:
    """What came of a job, from one process to another."""
    return json.dumps([outcome.how.value, outcome.value, outcome.reason]).encode()


def heard(job: Job, data: bytes, attempt: int) -> Outcome:
    how, value, reason = json.loads(data)
    return Outcome(job.key, How(how), value, reason, attempt)


def death(code: int | None) -> str:
    """Why there is no result."""
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code} and no result"


def asked(job: Job, memory: int) -> bytes:
    """What `main` reads."""
    return json.dumps([job.work.__module__, job.work.__qualname__, job.data, memory]).encode()


def main() -> None:
    module, name, data, memory = json.load(sys.stdin.buffer)
    out = os.dup(1)
    os.dup2(2, 1)  # what the work prints is no result
    confine(memory)
    work: Any = attrgetter(name)(import_module(module))
    data = told(here(Job("", work, data)))
    with os.fdopen(out, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
