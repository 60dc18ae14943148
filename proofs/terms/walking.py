"""Walking over the solver's terms, which share what they have in common."""

from collections.abc import Iterable, Iterator

from proofs.terms.symbolic import Term


def terms_below(roots: Iterable[Term]) -> Iterator[Term]:
    """Every term below the roots and these, once, operands before users."""
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif term.get_id() not in seen:
            seen.add(term.get_id())
            stack.append((term, True))
            stack.extend((child, False) for child in reversed(term.children()))
