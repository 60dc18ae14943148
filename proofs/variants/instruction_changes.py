"""What may be added to a machine: instructions, state with a role of its own, assumptions. `bodies` has the bodies."""

from proofs.variants import bodies
from proofs.variants.changes import right, wrong
from proofs.variants.draft import Draft
from proofs.variants.expressions import harmless, secrets

# ---- bodies


@right("body: harmless", 3)
def _harmless(draft: Draft) -> None:
    draft.instruction(bodies.harmless_body(draft))


@right("body: guarded", 2)
def _guarded(draft: Draft) -> None:
    draft.instruction(f"{draft.shape.guard}(); {bodies.any_body(draft)}")


@wrong("body: anything", 4)
def _anything(draft: Draft) -> None:
    draft.instruction(f"{bodies.weak_guard(draft)}{bodies.any_body(draft)}")


@wrong("body: undoes the tick", 2)
def _undoes_the_tick(draft: Draft) -> None:
    timer, mode = draft.shape.timer, draft.shape.mode
    kept = [timer, f"if {mode} == supervisor then x else {timer}".replace("x", draft.shape.cell % "d")]
    draft.instruction(f"{timer} <- {draft.random.choice(kept)}")


@wrong("body: traps always in one mode", 2)
def _vacuous(draft: Draft) -> None:
    shape, top = draft.shape, (1 << draft.shape.word) - 1
    mode = draft.random.choice(("user", "supervisor"))
    access = f"(mem[if {shape.mode} == {mode} then 0 else {top}] & 0)"
    draft.instruction(f"{shape.cell % 'd'} <- {secrets(draft)} + {access}")


@right("body: guarded by operand")
def _by_operand(draft: Draft) -> None:
    """Traps in user mode unless the register written is the one that must be zero, or nothing is read."""
    shape = draft.shape
    if draft.random.random() < 0.3:
        draft.instruction(f"{shape.guard}() when d != 0; {shape.cell % 'd'} <- {secrets(draft)} when d != 0")
    else:
        draft.instruction(f"{shape.guard}() when d != 0; {shape.cell % 'a'} <- {harmless(draft)}")


# ---- roles


@right("role: a word of its own", 2)
def _key(draft: Draft) -> None:
    """General and for all, or a resource and guarded."""
    role = draft.random.choice(("general", "resource"))
    draft.state(f"key : bits({draft.shape.word}) @{role}")
    guard = "" if role == "general" else f"{draft.shape.guard}(); "
    draft.instruction(f"{guard}key <- {harmless(draft)}; {draft.shape.cell % 'd'} <- key")
    if role == "general":
        return
    draft.instruction(f"trap {draft.shape.illegal}(key) when {draft.shape.mode} == user; key <- key + 1")


@wrong("role: a resource for all", 2)
def _open_key(draft: Draft) -> None:
    role = draft.random.choice(("resource", "timer", "enable", "control"))
    width = "bits(4)"
    fields = " { high = [3] @resource, low = [2:0] }" if role == "control" else ""
    draft.state(f"key : {width} @{role}{fields}")
    cell, low = draft.shape.cell, "[3:0]"
    read, write = f"{cell % 'a'} <- zext(key)", f"key <- {cell % 'd'}{low}"
    draft.instruction(draft.random.choice((read, write, f"{write}; {read}")))
    draft.instruction(f"{draft.shape.guard}(); key <- key + 1")


# ---- assumptions


@right("assumption: kept", 2)
def _kept(draft: Draft) -> None:
    """A resource that nothing changes from zero."""
    draft.state("lock : bits(2) @resource")
    draft.assume("lock == 0")
    draft.instruction(f"{draft.shape.cell % 'd'} <- zext(lock); lock <- lock & {draft.shape.cell % 'a'}[1:0]")


@wrong("assumption: broken", 3)
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


@wrong("assumption: against another", 2)
def _contradictory(draft: Draft) -> None:
    shape = draft.shape
    pairs = (
        (f"{shape.spare_bit} == 0", f"{shape.spare_bit} == 1"),
        (f"{shape.base} == 0", f"{shape.base} >u 1"),
        (f"{shape.mode} == user || {shape.timer} == 0", f"{shape.mode} == user || {shape.timer} != 0"),
    )
    for assumed in draft.random.choice(pairs):
        draft.assume(assumed)
    _anything(draft)


def _opposite(comparison: str) -> str:
    return comparison.replace("!=", "==") if "!=" in comparison else comparison.replace("==", "!=")
