"""Random bodies of instructions, and random guards before them, as text."""

from proofs.variants.draft import Draft
from proofs.variants.expressions import condition, harmless, register, secrets, telling, telling_condition


def harmless_body(draft: Draft) -> str:
    """Statements over what belongs to the program."""
    count = draft.random.choice((1, 1, 2))
    return "; ".join(_harmless(draft) for _ in range(count))


def any_body(draft: Draft) -> str:
    """One statement in which something is written or shown that may not be, and perhaps a harmless one."""
    found = [_telling(draft)] + ([_harmless(draft)] if draft.random.random() < 0.3 else [])
    draft.random.shuffle(found)
    return "; ".join(found)


def weak_guard(draft: Draft) -> str:
    """A guard that is none, or not always one."""
    shape, random = draft.shape, draft.random
    guards = [
        "",
        "",
        f"{shape.guard}() when {condition(draft)}; ",
        f"{shape.guard}() when {telling_condition(draft)}; ",
        f"trap {shape.illegal}(0) when {shape.mode} == supervisor; ",
        f"trap {shape.illegal}(0) when {condition(draft)}; ",
        f"trap {shape.illegal}({harmless(draft)}) when {telling_condition(draft)}; ",
        f"{shape.guard}() when d != a; ",
    ]
    return random.choice(guards)


def _harmless(draft: Draft) -> str:
    shape, random = draft.shape, draft.random
    when = f" when {condition(draft)}" if random.random() < 0.3 else ""
    forms = [
        f"{register(draft)} <- {harmless(draft, 3)}{when}",
        f"{register(draft)} <- {harmless(draft, 3)}{when}",
        f"{shape.pc} <- {harmless(draft)}{when}",
        f"mem[{harmless(draft, 1)}] <- {harmless(draft)}{when}",
        f"{shape.spare} <- {register(draft)}[1:0]{when}",
        f"trap {shape.illegal}({harmless(draft)}) when {condition(draft)}",
        f"{register(draft)} <- unknown{when}",
    ]
    return random.choice(forms)


def _telling(draft: Draft) -> str:
    """A statement that shows, changes or uses what is not the program's."""
    shape, random = draft.shape, draft.random
    choices = (condition(draft), telling_condition(draft))
    when = f" when {random.choice(choices)}" if random.random() < 0.4 else ""
    shown = telling(draft)
    owned = random.choice((shape.base, shape.bound, shape.timer))
    forms = [
        f"{register(draft)} <- {shown}{when}",
        f"{register(draft)} <- {shown}{when}",
        f"{register(draft)} <- {harmless(draft)} when {telling_condition(draft)}",
        f"{shape.pc} <- {shown}{when}",
        f"mem[{harmless(draft, 1)}] <- {shown}{when}",
        f"{shape.storage}[{harmless(draft, 1)}] <- {harmless(draft)}{when}",
        f"{register(draft)} <- {shape.storage}[{shape.base} + {harmless(draft, 1)}]{when}",
        f"{owned} <- {random.choice((harmless(draft), secrets(draft)))}{when}",
        f"{shape.mode} <- {random.choice(('user', 'user', 'supervisor'))}{when}",
        f"{shape.enable} <- {register(draft)}[0:0]{when}",
        f"{shape.pending} <- {register(draft)}[1:0]{when}",
        f"{shape.halt} <- 1{when}",
        f"send({shape.port}[0], {harmless(draft)}){when}",
        f"{register(draft)} <- recv({shape.port}[1])",
    ]
    return random.choice(forms)
