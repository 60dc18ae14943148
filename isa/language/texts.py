"""Source texts for the manual: what a machine does in each step, in its file's own words."""

from textwrap import dedent, wrap

from isa.language import syntax

_Told = syntax.ViewItem | syntax.ResetItem | syntax.EntryItem | syntax.StepItem | syntax.DefItem


def texts_of(machine: syntax.Machine) -> dict[str, str]:
    """Body texts by heading (`view mem[va]`, `on trap`, `step`, `def branch(taken, k)`), documentation as comments."""
    return {_heading(item): _text(item) for item in machine.items if isinstance(item, _Told)}


def _heading(item: _Told) -> str:
    match item:
        case syntax.ViewItem():
            return f"view {item.name}[{item.parameter.name}]"
        case syntax.DefItem():
            return f"def {item.name}({', '.join(p.name for p in item.parameters)})"
        case _:
            return syntax.KINDS[type(item)]


def _text(item: _Told) -> str:
    """The statements without the indentation that they share, below the item's documentation."""
    doc = wrap(item.doc, 110, initial_indent="# ", subsequent_indent="# ")
    body = dedent(item.body.text.strip("\n")).strip()
    return "\n".join([*doc, *(line.rstrip() for line in body.splitlines())])
