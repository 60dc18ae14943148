"""What a server is asked: single requests and repeated ones in the plan, and traces in files of their own."""

import os
import re
from collections.abc import Iterator

from isa.devices.inputs import LARGEST_SCRIPT
from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import Table
from monitor.service.requests import Request

MOST_STEP = 1 << 24
MOST_REQUESTS = 2000  # of a server


def requests(path: str, table: Table) -> tuple[Request, ...]:
    """In the order of their steps; files lie beside the plan at `path`."""
    trace = table.text("trace", "")
    found = list(_traced(beside(path, trace))) if trace else []
    for part in table.tables("requests"):
        first, line = part.number("at", 0, MOST_STEP), part.text("send", "")
        times = part.number("times", 1, MOST_REQUESTS, 1)
        every = part.number("every", 0, MOST_STEP, 0)
        if "\n" in line or not line.isascii():
            part.wrong("send", "a request is one line of plain characters")
        elif first + every * (times - 1) > MOST_STEP:
            part.wrong("times", f"the last request would come after step {MOST_STEP:,}", "ask less often")
        else:
            found += [Request(first + every * number, line.encode()) for number in range(times)]
    if not 1 <= len(found) <= MOST_REQUESTS:
        rule = f"a server is asked from 1 to {MOST_REQUESTS:,} times, not {len(found):,}"
        table.wrong("trace" if trace else "name", rule, 'give it a `trace = "FILE"`, or `[[servers.requests]]`')
    return tuple(sorted(found, key=lambda request: request.at))


_LINE = re.compile(r"([0-9]{1,9}) (.*)", re.ASCII)


def _traced(path: str) -> Iterator[Request]:
    """What a trace says, one request a line: the step at which it comes, a space, and what is asked."""
    source = Source(path, file_bytes(path, LARGEST_SCRIPT).decode("latin-1"))
    wrong = []
    for number, line in enumerate(source.text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.rstrip("\r"))
        if found is None or int(found[1]) > MOST_STEP:
            help = f"write the step, up to {MOST_STEP:,}, a space, and what is asked: `1200 w 40`"
            wrong.append(Diagnostic(Span(source, number, 1, len(line) + 1), "this is no request", help))
        else:
            yield Request(int(found[1]), found[2].encode("latin-1"))
    if wrong:
        raise SourceError(tuple(wrong[:20]))


def beside(path: str, name: str) -> str:
    return os.path.join(os.path.dirname(path), name)


def file_bytes(path: str, most: int) -> bytes:
    try:
        data = read_noted(path, most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read {path}: {reason.lower()}", "check the name") from None
    if len(data) > most:
        raise TraplineError(f"{path} is larger than {most:,} bytes", "use a smaller file")
    return data
