"""The kinds of change that a variant is made of. Each is one function; `RIGHT` and `WRONG` list them by name.

A right change is meant to keep Theorem 1, a wrong one to break it. That is for the distribution alone: whether a
variant is right is for `verify` to say and for runs to confirm. What a body does is in `bodies.py`.
"""

from collections.abc import Callable

from proofs.variants import bodies
from proofs.variants.draft import Draft
from proofs.variants.expressions import condition, harmless, secrets, telling_condition

Change = Callable[[Draft], None]
RIGHT: dict[str, Change] = {}
WRONG: dict[str, Change] = {}


def right(name: str, *more: str) -> Callable[[Change], Change]:
    return _listed(RIGHT, (name, *more))


def wrong(name: str, *more: str) -> Callable[[Change], Change]:
    return _listed(WRONG, (name, *more))


def _listed(table: dict[str, Change], names: tuple[str, ...]) -> Callable[[Change], Change]:
    """Puts a change into the table; a name that stands several times is chosen more often."""

    def note(change: Change) -> Change:
        table.update({name: change for name in names})
        return change

    return note


# ---- bodies


@right("body: harmless", "body: harmless, again", "body: harmless, once more")
def _harmless(draft: Draft) -> None:
    draft.instruction(bodies.harmless_body(draft))


@right("body: guarded", "body: guarded, again")
def _guarded(draft: Draft) -> None:
    draft.instruction(f"{draft.shape.guard}(); {bodies.any_body(draft)}")


@wrong("body: anything", "body: anything, again", "body: anything, once more")
def _anything(draft: Draft) -> None:
    draft.instruction(f"{bodies.weak_guard(draft)}{bodies.any_body(draft)}")


@wrong("body: undoes the tick")
def _undoes_the_tick(draft: Draft) -> None:
    timer, mode = draft.shape.timer, draft.shape.mode
    kept = [timer, f"if {mode} == supervisor then x else {timer}".replace("x", draft.shape.cell % "d")]
    draft.instruction(f"{timer} <- {draft.random.choice(kept)}")


@wrong("body: traps always in one mode", "body: vacuous")
def _vacuous(draft: Draft) -> None:
    shape, top = draft.shape, (1 << draft.shape.word) - 1
    mode = draft.random.choice(("user", "supervisor"))
    access = f"(mem[if {shape.mode} == {mode} then 0 else {top}] & 0)"
    draft.instruction(f"{shape.cell % 'd'} <- {secrets(draft)} + {access}")


@right("body: guarded by operand")
def _by_operand(draft: Draft) -> None:
    """Traps in user mode unless the register written is the one that must be zero, or nothing is read."""
    shape = draft.shape
    if shape.name == "up" or draft.random.random() < 0.3:
        draft.instruction(f"{shape.guard}() when d != 0; {shape.cell % 'd'} <- {secrets(draft)} when d != 0")
    else:
        draft.instruction(f"{shape.guard}() when d != 0; {shape.cell % 'a'} <- {harmless(draft)}")


# ---- prologues


@right("prologue: the same tick in another form")
def _other_form(draft: Draft) -> None:
    timer = draft.shape.timer
    forms = {
        f"{timer} <- {timer} - 1 when {timer} >u 1": [
            f"{timer} <- {timer} - 1 when {timer} != 0 && {timer} != 1",
            f"{timer} <- if {timer} <=u 1 then {timer} else {timer} - 1",
            f"{timer} <- {timer} - (if 1 <u {timer} then 1 else 0)",
        ],
        f"{timer} <- {timer} + 1": [f"{timer} <- 1 + {timer}", f"{timer} <- {timer} - (0 - 1)", f"{timer} <- -(~{timer})"],
    }
    draft.prologue = [draft.random.choice(forms.get(line, [line])) for line in draft.prologue]


@right("prologue: counts steps")
def _counts(draft: Draft) -> None:
    """A counter of steps is virtual time, whoever may see it."""
    role = draft.random.choice(("general", "general", "timer", "resource"))
    draft.state(f"ticks : bits({draft.shape.word}) @{role}")
    ticks = draft.random.choice(("ticks <- ticks + 1", "ticks <- ticks - 1", "ticks <- ticks + 1 when ticks <u 9"))
    draft.prologue.insert(-1, ticks)
    guard = "" if role == "general" else f"{draft.shape.guard}(); "
    draft.instruction(f"{guard}{draft.shape.cell % 'd'} <- ticks")


@wrong("prologue: copies what is not the program's", "prologue: copies")
def _copies(draft: Draft) -> None:
    draft.state(f"last : bits({draft.shape.word}) @general")
    value = draft.random.choice(("last + ", "", "last ^ ")) + secrets(draft)
    when = draft.random.choice(("", "", f" when {condition(draft, operands=False)}"))
    draft.prologue.insert(-1, f"last <- {value}{when}")
    if draft.random.random() < 0.7:
        draft.instruction(f"{draft.shape.cell % 'd'} <- last")
    else:
        draft.instruction(f"{draft.shape.guard}(); {draft.shape.cell % 'd'} <- last")


@wrong("prologue: moves the mode or the relocation")
def _moves(draft: Draft) -> None:
    shape = draft.shape
    when = condition(draft, operands=False)
    target = draft.random.choice(
        (f"{shape.mode} <- user", f"{shape.base} <- {shape.base} + 1", f"{shape.bound} <- 9", f"{shape.enable} <- 1")
    )
    draft.prologue.insert(-1, f"{target} when {when}")


@wrong("prologue: traps in one mode")
def _traps(draft: Draft) -> None:
    shape = draft.shape
    mode = draft.random.choice(("user", "supervisor"))
    clause = draft.random.choice((condition(draft, operands=False), f"{shape.fixed} == 3", f"{shape.spare} == 1"))
    draft.prologue.insert(0, f"trap {shape.illegal}(0) when {shape.mode} == {mode} && {clause}")


@wrong("prologue: latches")
def _latches(draft: Draft) -> None:
    role = draft.random.choice(("general", "resource"))
    draft.state(f"latch : bits(1) @{role}")
    draft.prologue.insert(-1, f"latch <- 1 when {telling_condition(draft, operands=False)}")
    draft.instruction(f"{draft.shape.cell % 'd'} <- zext(latch); latch <- 0")


# ---- fetches


@right("fetch: coded")
def _coded(draft: Draft) -> None:
    word = f"mem[{draft.shape.pc}]"
    draft.fetch = draft.random.choice((f"{word} ^ 1", f"~{word}", f"{word} + zext({draft.shape.spare})"))


@wrong("fetch: coded with what is not the program's", "fetch: from another place")
def _telling_fetch(draft: Draft) -> None:
    shape = draft.shape
    told = draft.random.choice((f"zext({shape.mode})", f"({shape.base} & 1)", f"zext({shape.enable})", shape.timer))
    forms = (f"mem[{shape.pc}] ^ {told}", f"mem[{shape.pc} ^ {told}]", f"{shape.storage}[{shape.base} + {shape.pc}]")
    draft.fetch = draft.random.choice(forms)


# ---- views


@right("view: refuses an address more")
def _refuses_address(draft: Draft) -> None:
    more = draft.random.choice(("va == 7", "va[1:0] == 3 && va >u 9", f"({draft.shape.spare} == 3 && va == 5)"))
    draft.refuses = f"{more} || {draft.refuses}"


@right("view: a second one like the first")
def _second(draft: Draft) -> None:
    draft.view("other", f"va == 2 || {draft.refuses}", draft.place)
    _uses_other(draft)


@wrong("view: a second one that tells", "view: a second one elsewhere")
def _second_tells(draft: Draft) -> None:
    shape = draft.shape
    told = draft.random.choice(("mode", "where", "when", "place", "place"))
    refuses, place = draft.refuses, draft.place
    if told == "place":
        place = draft.random.choice((f"{shape.storage}[{shape.base} + va + zext({shape.mode})]", f"{shape.storage}[va]"))
    else:
        refuses = f"{_telling_refusal(draft)} || {refuses}"
    draft.view("other", refuses, place)
    _uses_other(draft)


@wrong("view: tells by what it refuses")
def _view_tells(draft: Draft) -> None:
    draft.refuses = f"{_telling_refusal(draft)} || {draft.refuses}"


def _telling_refusal(draft: Draft) -> str:
    shape = draft.shape
    found = (
        f"{shape.base}[{draft.random.choice('01236')}] == 1",
        f"{shape.timer} == 3",
        f"{shape.pending} != 0",
        f"({shape.mode} == user && va == 4)",
        f"({shape.mode} == supervisor && va == 4)",
        f"size({shape.storage})[0] == 1",
        f"va == {shape.bound} - 2",
    )
    return draft.random.choice(found)


def _uses_other(draft: Draft) -> None:
    load = f"{draft.shape.cell % 'd'} <- other[{draft.shape.cell % 'a'}]"
    store = f"other[{draft.shape.cell % 'a'}] <- {draft.shape.cell % 'd'}"
    draft.instruction(draft.random.choice((load, store)))


# ---- trap entries


@right("entry: stores more")
def _stores_more(draft: Draft) -> None:
    draft.entry.insert(0, f"{draft.shape.storage}[{draft.random.choice('67')}] <- {draft.shape.fixed}")


@wrong("entry: loses something", "entry: loses a register")
def _loses(draft: Draft) -> None:
    shape = draft.shape
    if draft.random.random() < 0.4:
        index = draft.random.randrange(len(draft.entry) - 1)
        lost = draft.entry[index].split("; ")
        lost.pop(draft.random.randrange(len(lost)))
        draft.entry[index] = "; ".join(lost)
        draft.entry = [line for line in draft.entry if line]
    else:
        draft.entry.append(f"{shape.fixed} <- {draft.random.choice(('0', f'{shape.fixed} + 1'))}")


# ---- roles


@right("role: a word of its own", "role: a key")
def _key(draft: Draft) -> None:
    """General and for all, or a resource and guarded."""
    role = draft.random.choice(("general", "resource"))
    draft.state(f"key : bits({draft.shape.word}) @{role}")
    guard = "" if role == "general" else f"{draft.shape.guard}(); "
    draft.instruction(f"{guard}key <- {harmless(draft)}; {draft.shape.cell % 'd'} <- key")
    if role == "general":
        return
    draft.instruction(f"trap {draft.shape.illegal}(key) when {draft.shape.mode} == user; key <- key + 1")


@wrong("role: a resource for all", "role: a status that is a resource")
def _open_key(draft: Draft) -> None:
    role = draft.random.choice(("resource", "timer", "enable", "control"))
    width = "bits(4)"
    fields = " { high = [3] @resource, low = [2:0] }" if role == "control" else ""
    draft.state(f"key : {width} @{role}{fields}")
    cell, low = draft.shape.cell, "[3:0]"
    bodies_ = (f"{cell % 'd'} <- zext(key)", f"key <- {cell % 'd'}{low}", f"key <- {cell % 'd'}{low}; {cell % 'a'} <- zext(key)")
    draft.instruction(draft.random.choice(bodies_))
    draft.instruction(f"{draft.shape.guard}(); key <- key + 1")


# ---- assumptions


@right("assumption: kept")
def _kept(draft: Draft) -> None:
    """A resource that nothing changes from zero."""
    draft.state("lock : bits(2) @resource")
    draft.assume("lock == 0")
    draft.instruction(f"{draft.shape.cell % 'd'} <- zext(lock); lock <- lock & {draft.shape.cell % 'a'}[1:0]")


@wrong("assumption: broken", "assumption: broken by the machine")
def _broken(draft: Draft) -> None:
    """It closes a hole as long as it holds, and something breaks it."""
    shape = draft.shape
    assumed, opened = draft.random.choice(
        (
            (f"{shape.spare} == 0", f"{shape.spare} != 0"),  # the return from a trap sets it
            (f"{shape.timer} != 3", f"{shape.timer} == 3"),
            (f"{shape.fixed} == 0", f"{shape.fixed} != 0"),
        )
    )
    draft.assume(assumed)
    draft.instruction(f"{shape.guard}() when {_opposite(opened)}; {bodies.any_body(draft)}")


@wrong("assumption: against another")
def _contradictory(draft: Draft) -> None:
    shape = draft.shape
    pairs = (
        (f"{shape.spare}[0] == 0", f"{shape.spare}[0] == 1"),
        (f"{shape.base} == 0", f"{shape.base} >u 1"),
        (f"{shape.mode} == user || {shape.timer} == 0", f"{shape.mode} == user || {shape.timer} != 0"),
    )
    for assumed in draft.random.choice(pairs):
        draft.assume(_bitwise(draft, assumed))
    _anything(draft)


def _opposite(comparison: str) -> str:
    return comparison.replace("!=", "==") if "!=" in comparison else comparison.replace("==", "!=")


def _bitwise(draft: Draft, condition: str) -> str:
    """A bit of a slice is a bit of its state."""
    return condition.replace("psw[3:2][0]", "psw[2]")
