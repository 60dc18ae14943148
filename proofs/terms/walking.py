"""Walking over the solver's terms, which share what they have in common."""

from collections.abc import Iterable, Iterator

from z3 import Z3_get_app_arg, Z3_get_app_decl, Z3_get_app_num_args, Z3_get_decl_kind, Z3_is_app

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


def kinds_below(roots: Iterable[Term]) -> set[int]:
    """The kinds of all operators below the roots. Asks the solver without a Python object for each term: those take
    ten times as long, and every question of a verdict is looked through."""
    kinds: set[int] = set()
    seen: set[int] = set()
    stack = [(root.ctx_ref(), root.as_ast()) for root in roots]
    while stack:
        context, term = stack.pop()
        if term.value in seen or not Z3_is_app(context, term):
            continue
        seen.add(term.value)
        kinds.add(Z3_get_decl_kind(context, Z3_get_app_decl(context, term)))
        stack += [(context, Z3_get_app_arg(context, term, i)) for i in range(Z3_get_app_num_args(context, term))]
    return kinds
