"""A page for each student: the checks, what they earned, and every counterexample. It needs nothing else, and no
script."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from trapline.drawing.svg import clean

_ODD = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 100  # characters of a page's name
_STYLE = """
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto;
padding: 0 1rem } table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem;
border-bottom: 1px solid #8886; vertical-align: top } pre { overflow-x: auto; background: #8882; padding: .6rem }
"""


def page_names(records: list[dict[str, Any]]) -> list[str]:
    """A file's name for each record: the student's, as far as a name of a file can be that, and no name twice."""
    taken, found = set[str](), list[str]()
    for record in records:
        plain = _ODD.sub("_", record["student"])[:_LONGEST].lstrip(".") or "_"
        number = 1
        while (name := f"{plain}-{number}.html" if number > 1 else f"{plain}.html").casefold() in taken:
            number += 1
        taken.add(name.casefold())
        found.append(name)
    return found


def page(record: dict[str, Any]) -> bytes:
    """The file's bytes."""
    title = f"{record['lab']}: {record['student']}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{_safe(title)}</title>'
    body = "\n".join(_body(record, title))
    whole = (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'
    )
    return whole.encode()


def _body(record: dict[str, Any], title: str) -> Iterator[str]:
    points = "not graded" if record["points"] is None else f"{record['points']:g} of {record['of']} points"
    yield f"<h1>{_safe(title)}</h1><p>{points}"
    yield f" ({_safe(record['status'])}: {_safe(record['reason'])})</p>" if record["reason"] else "</p>"
    yield "<table><thead><tr><th>check</th><th>result</th><th>points</th><th>seeds</th></tr></thead><tbody>"
    for check in record["checks"]:
        cells = [check["name"], check["status"], f"{check['points']:g} of {check['of']}"]
        cells.append(f"{check['passed']} of {check['tried']}" if check["tried"] > 1 else "")
        yield f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table>"
    for check in record["checks"]:
        if check["reason"]:
            yield f"<h2>{_safe(check['name'])}</h2><pre>{_safe(check['reason'])}</pre>"
            yield from _example(check["counterexample"])


def _example(found: dict[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    rows = [("typed", repr(found["input"])), ("at step", found["step"]), ("line", found["source"])]
    rows += [(f"{n}: expected, found", f"{want}, {have}") for n, (want, have) in found["states"].items()]
    told = "".join(f"<tr><th>{_safe(n)}</th><td>{_safe(v)}</td></tr>" for n, v in rows if v not in ("", None, "''"))
    yield f"<table>{told}</table>"


def _safe(text: object) -> str:
    return escape(clean(str(text)))
