"""A verification as one HTML page that needs nothing else: no script, no font, no address. All text is escaped."""

from collections.abc import Iterable, Iterator
from html import escape

from proofs.verdict.verification import Verification
from trapline.reports.verification import HEADINGS, is_plain, row, sections

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td:first-child, code { font-family: ui-monospace, monospace }
tr.plain { opacity: .65 } tr.culprit { font-weight: 600 }
p { margin: .3rem 0; white-space: pre-wrap } p.more { margin-left: 1.5rem }
nav a { margin-right: 1rem }
"""


def page(verifications: Iterable[Verification]) -> str:
    """The whole page, of one machine or of many."""
    found = list(verifications)
    title = found[0].isa.name if len(found) == 1 else f"{len(found)} machines"
    body = "\n".join([*_contents(found), *(line for v in found for line in _machine(v))])
    return (
        "<!doctype html>\n"
        f'<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>trapline verify: {escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _contents(found: list[Verification]) -> Iterator[str]:
    if len(found) > 1:
        links = (f'<a href="#{escape(v.isa.name)}">{escape(v.isa.name)}</a> {_answers(v)}' for v in found)
        yield "<nav>" + "<br>\n".join(links) + "</nav>"


def _answers(v: Verification) -> str:
    """The monitor that it admits, and by the letter where that is another answer."""
    letter = v.letter.monitor
    return v.monitor.value + ("" if letter is v.monitor else f" (by the letter: {letter.value})")


def _machine(v: Verification) -> Iterator[str]:
    yield f'<h1 id="{escape(v.isa.name)}">{escape(v.isa.name)}</h1>'
    yield f"<p>{escape(v.isa.doc)}</p>"
    for lines in list(sections(v))[-1:]:
        yield from (f"<p><strong>{escape(line)}</strong></p>" for line in lines)
    yield "<table>\n<tr>" + "".join(f"<th>{escape(h)}</th>" for h in HEADINGS) + "</tr>"
    culprits = {c.name for c in v.culprits}
    for finding in v.findings:
        kind = "culprit" if finding.name in culprits else "plain" if is_plain(finding) else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row(finding))
        yield f'<tr class="{kind}">{cells}</tr>'
    yield "</table>"
    for lines in list(sections(v))[:-1]:
        yield from _section(lines)


def _section(lines: list[str]) -> Iterator[str]:
    """A heading, if the rest is indented below it, and paragraphs."""
    first, *rest = lines
    headed = bool(rest) and rest[0].startswith(" ")
    yield f"<h2>{escape(first)}</h2>" if headed else f"<p>{escape(first)}</p>"
    for line in rest:
        deeper = ' class="more"' if line.startswith("    ") else ""
        yield f"<p{deeper}>{escape(line.strip())}</p>"
