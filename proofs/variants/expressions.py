"""Random expressions and conditions over a machine's state, as text: harmless ones, and ones that may tell."""

from proofs.variants.draft import Draft

OPERATORS = ("+", "-", "&", "|", "^", "*", "<<", ">>u", "/u", "%u", ">>s")
COMPARISONS = ("==", "!=", "<u", "<=u", "<s")


def harmless(draft: Draft, depth: int = 2, operands: bool = True) -> str:
    """A word made of what belongs to the program: registers, the pc, ordinary bits, words of its storage."""
    return _word(draft, depth, operands)


def telling(draft: Draft, depth: int = 2, operands: bool = True) -> str:
    """A word in which the mode, the relocation or a resource stands, whether or not it shows in the value."""
    secret, plain = secrets(draft), harmless(draft, depth - 1, operands)
    forms = [
        secret,
        secret,
        f"{plain} + {secret}",
        f"({secret} & {plain})",
        f"if {condition(draft, operands)} then {secret} else {plain}",
        f"if {_compared(draft, secret, plain)} then {plain} else {harmless(draft, depth - 1, operands)}",
        f"({secret} ^ {secret})",
        f"({secret} & 0) + {plain}",
        f"({secret} - {draft.shape.base})",
    ]
    return draft.random.choice(forms)


def secrets(draft: Draft) -> str:
    """A word that a program must not see as it is."""
    shape = draft.shape
    found = [shape.base, shape.bound, f"size({shape.storage})", shape.timer, f"zext({shape.mode})"]
    found += [f"zext({shape.enable})", f"zext({shape.pending})", f"{shape.storage}[{shape.base} + 1]"]
    found += [f"{shape.storage}[{draft.random.choice('029')}]"]
    return draft.random.choice(found)


def condition(draft: Draft, operands: bool = True) -> str:
    """A harmless condition."""
    return _compared(draft, harmless(draft, 1, operands), harmless(draft, 0, operands))


def telling_condition(draft: Draft, operands: bool = True) -> str:
    shape, random = draft.shape, draft.random
    plain = condition(draft, operands)
    found = [
        f"{shape.mode} == {random.choice(('user', 'supervisor'))}",
        f"{shape.mode} == user && {plain}",
        f"{shape.mode} == supervisor || {plain}",
        _compared(draft, secrets(draft), harmless(draft, 0, operands)),
        f"{shape.base}[{random.choice('0126')}] == {random.choice('01')}",
        f"{shape.timer} == {random.choice('0123')}",
        f"{shape.pending} != 0",
        f"{shape.enable} == 1",
    ]
    return random.choice(found)


def constant(draft: Draft) -> str:
    top = (1 << draft.shape.word) - 1
    return str(draft.random.choice((0, 1, 1, 2, 3, 5, 8, top, top >> 1)))


def register(draft: Draft, operands: bool = True) -> str:
    return draft.shape.cell % draft.random.choice("da" if operands else "123")


def _compared(draft: Draft, a: str, b: str) -> str:
    return f"({a}) {draft.random.choice(COMPARISONS)} ({b})"


def _word(draft: Draft, depth: int, operands: bool) -> str:
    random, shape = draft.random, draft.shape
    if depth <= 0 or random.random() < 0.35:
        leaves = [register(draft, operands)] * 4 + [constant(draft)] * 2 + [shape.pc, f"zext({shape.spare})"]
        return random.choice(leaves)
    a, b = _word(draft, depth - 1, operands), _word(draft, depth - 1, operands)
    cheap = OPERATORS[:5] if random.random() < 0.8 else OPERATORS
    forms = [f"({a} {random.choice(cheap)} {b})"] * 5 + [f"~{a}", f"-{a}"]
    forms += [f"(if {_compared(draft, a, b)} then {a} else {b})"]
    forms += [f"mem[{a}]"] if operands else []
    return random.choice(forms)
