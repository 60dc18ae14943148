"""How many words of storage a machine must have: for its trap entry and reset, and by what its description assumes."""

from collections.abc import Iterator
from functools import lru_cache

from isa.description import Assumption, Isa
from isa.errors import MachineError
from isa.ir.bounds import bounds
from isa.ir.fold import const, rewriter
from isa.ir.nodes import FALSE, TRUE, Apply, Const, Load, Size, Store, nodes


@lru_cache(maxsize=64)
def least_storage(isa: Isa) -> int:
    """The fewest words with which a machine can be made.

    The words of its trap entry and reset lie in them, as far as a bound of their addresses is known: one that a whole
    register decides is the business of the program that sets it, and outside storage a store is lost and a word reads
    as zero, as everywhere. And what is assumed of the size alone holds, if that can be told.
    """
    least, most = entry_words(isa), (1 << isa.word) - 1
    assumed = tuple(_about_size(isa))
    tried = {least, *(1 << n for n in range(isa.word))}
    for node in nodes(*(a.condition for a in assumed)):
        if isinstance(node, Const):
            tried |= {node.value, node.value + 1}
    return next((n for n in sorted(tried) if least <= n <= most and all(_holds(a, n) for a in assumed)), least)


@lru_cache(maxsize=64)
def entry_words(isa: Isa) -> int:
    """How many words a machine needs so that what is known of the addresses of its trap entry and reset lies in
    storage."""
    places = [n.index for n in nodes(*isa.entry.expressions(), *isa.reset.expressions()) if isinstance(n, Load)]
    places += [e.index for e in (*isa.entry.effects, *isa.reset.effects) if isinstance(e, Store)]
    ends = [bounds(place)[1] for place in places]
    return max((end + 1 for end in ends if end + 1 < 1 << isa.word), default=1)


def check_size(isa: Isa, words: int, page: int) -> None:
    """Raises MachineError, with what it needs, if the machine cannot have so many words of storage."""
    enough = f"give it {{}}: `--storage {max(least_storage(isa), page)}`"
    if words < entry_words(isa):
        raise MachineError(
            f"{isa.name} needs at least {entry_words(isa)} words of storage for its trap entry, not {words}",
            enough.format("more"),
        )
    for assumption in _about_size(isa):
        if not _holds(assumption, words):
            raise MachineError(
                f"{isa.name} assumes of the size of its storage what {words} words are not: {assumption.text}",
                enough.format("another number of words"),
            )


def _about_size(isa: Isa) -> Iterator[Assumption]:
    """What a description assumes of the size of storage alone."""
    for assumption in isa.assumptions:
        leaves = [n for n in nodes(assumption.condition) if not isinstance(n, Apply | Const)]
        if leaves and all(isinstance(n, Size) for n in leaves):
            yield assumption


def _holds(assumption: Assumption, words: int) -> bool:
    found = rewriter(lambda node: const(node.width, words) if isinstance(node, Size) else None)(assumption.condition)
    assert found in (TRUE, FALSE)
    return found is TRUE
