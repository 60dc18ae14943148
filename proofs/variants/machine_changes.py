"""What may be changed in every step of a machine: its prologue, its fetch, its view and its trap entry."""

from proofs.variants.changes import right, wrong
from proofs.variants.draft import Draft
from proofs.variants.expressions import condition, secrets, telling_condition

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
        f"{timer} <- {timer} + 1": [
            f"{timer} <- 1 + {timer}",
            f"{timer} <- {timer} - (0 - 1)",
            f"{timer} <- -(~{timer})",
        ],
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


@wrong("prologue: copies what is not the program's")
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


@wrong("fetch: depends on what is not the program's", 2)
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
    draft.view("other", f"va == 2 || {draft.refuses}", draft.shape.view[2])
    _uses_other(draft)


@wrong("view: a second one that tells", 2)
def _second_tells(draft: Draft) -> None:
    shape = draft.shape
    told = draft.random.choice(("mode", "where", "when", "place", "place"))
    refuses, place = draft.refuses, shape.view[2]
    if told == "place":
        moved = f"{shape.storage}[{shape.base} + va + zext({shape.mode})]"
        place = draft.random.choice((moved, f"{shape.storage}[va]"))
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


@wrong("entry: loses something", 2)
def _loses(draft: Draft) -> None:
    fixed, random = draft.shape.fixed, draft.random
    if random.random() < 0.4:
        saved = [line for line in draft.entry if line.startswith(f"{draft.shape.storage}[")]
        draft.entry.remove(random.choice(saved))
    else:
        draft.entry.append(f"{fixed} <- {random.choice(('0', f'{fixed} + 1'))}")
