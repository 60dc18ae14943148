"""Names that a file introduces and nothing reads. In a variant only what it adds counts: it may well make an item of
its parent superfluous."""

from isa.language import syntax
from isa.language.report import Report, refuse
from isa.language.world import World

_MUST_BE_USED = ("type", "enum", "state", "view", "def", "operand", "format")


def check_unused(machine: syntax.Machine, world: World, own: frozenset[syntax.Key], report: Report) -> None:
    """Report every item of `own` that nothing uses."""
    for item in machine.items:
        kind, name = syntax.key(item)
        if kind not in _MUST_BE_USED or (kind, name) in world.used or (kind, name) not in own:
            continue
        report.add(refuse(item.span, f"{kind} `{name}` is never used", "remove it, or use it"))
