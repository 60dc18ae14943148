"""The promises of the kernel: each begins at a label with any words, and must hold wherever its paths end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import z3

from isa.assembler import Image
from proofs.kernel.reached import Kernel, kernel
from proofs.programs.paths import Ending
from proofs.programs.state import State
from proofs.terms.solving import Found, exists
from proofs.terms.symbolic import Term

TIMEOUT = 60.0  # seconds for a question
Claim = Callable[[Kernel, State], Term]


@dataclass(frozen=True)
class Promise:
    """From `start` on, every path comes to one of `ends`, and if it is the first of them the claim holds there."""

    key: str
    statement: str
    start: str
    ends: tuple[str, ...]
    claim: Claim
    given: Callable[[Kernel], list[Term]] = lambda kernel: []


@dataclass(frozen=True)
class Kept:
    """Whether a promise is kept for all words; `words` are some for which it is not."""

    promise: Promise
    holds: Found
    paths: int
    seconds: float
    words: dict[str, int]


def _inside(of: Kernel, state: State, address: Term, words: Term) -> Term:
    """So many words from a physical address on lie in the process's window."""
    base, bound = of.of_process(state, "P_BASE"), of.of_process(state, "P_BOUND")
    return z3.And(z3.ULE(words, bound), z3.ULE(address - base, bound - words))


def _buffer(of: Kernel, state: State) -> Term:
    address, words = of.register(state, 1), of.register(state, 2)
    return z3.Or(address == 0, _inside(of, state, address, words))


def _transfer(of: Kernel, state: State) -> Term:
    return _inside(of, state, of.register(state, 1), z3.BitVecVal(of["BLOCK"], of.isa.word))


def _ended(of: Kernel, state: State) -> Term:
    apart, size = of.register(state, 8) - of.of_container("C_FIRST"), of["P_SIZE"]
    return z3.And(z3.ULT(apart, of.of_container("C_PROCESSES") * size), z3.URem(apart, z3.BitVecVal(size, 32)) == 0)


def _file(of: Kernel, state: State) -> Term:
    entry, size = of.register(state, 2), z3.BitVecVal(of["F_SIZE"], of.isa.word)
    apart = entry - of.of_container("C_TABLE")
    own = z3.And(z3.ULT(apart, of.of_container("C_FILES") * size), z3.URem(apart, size) == 0)
    return z3.Or(entry == 0, own)


def _writable(of: Kernel) -> list[Term]:
    """The handle is one of the writable layer."""
    return [z3.ULT(z3.BitVec("r1", of.isa.word), 1 << 16)]


def _block(of: Kernel, state: State) -> Term:
    apart = of.register(state, 1) - of.of_container("C_BLOCK")
    return z3.Or(of.register(state, 2) == 0, z3.ULT(apart, of.of_container("C_BLOCKS")))


PROMISES = (
    Promise(
        "buffers",
        "a buffer that the kernel takes lies in the window of the process that names it, whatever address and length "
        "it names",
        "physical",
        ("done",),
        _buffer,
    ),
    Promise(
        "transfers",
        "a block is moved to and from the window of the process that asks, whatever address it names",
        "carry",
        ("moves", "refuse"),
        _transfer,
    ),
    Promise(
        "files",
        "a handle that is taken for a file that can be written is one of the container's own, whatever number it is",
        "entry",
        ("done",),
        _file,
        _writable,
    ),
    Promise(
        "blocks",
        "a block that is written in place is one of the container's own, whichever it is",
        "mine",
        ("done",),
        _block,
    ),
    Promise(
        "processes",
        "a process that is ended by number is of the container that asks, whatever number it is",
        "kill",
        ("end", "refuse"),
        _ended,
    ),
)


def prove(image: Image | None = None, timeout: float = TIMEOUT) -> Iterator[Kept]:
    for promise in PROMISES:
        yield kept(Kernel(image or kernel()), promise, timeout)


def kept(of: Kernel, promise: Promise, timeout: float = TIMEOUT) -> Kept:
    """Whether a kernel keeps a promise: a path that ends elsewhere, traps or strays breaks it, too."""
    began, count, given = time.monotonic(), 0, promise.given(of)
    holds, words = Found.YES, dict[str, int]()
    for path in of.paths(promise.start, promise.ends, given):
        count += 1
        if path.ending is Ending.THERE and path.at != of[promise.ends[0]]:
            continue
        wrong = [z3.Not(promise.claim(of, path.state))] if path.ending is Ending.THERE else []
        answer = exists([*of.supposed(), *given, *path.conditions, *wrong], timeout)
        if answer.found is Found.YES:
            holds, words = Found.NO, _told(answer.model)
            break
        if answer.found is Found.UNKNOWN:
            holds = Found.UNKNOWN
    return Kept(promise, holds, count, time.monotonic() - began, words)


def _told(model: z3.ModelRef | None) -> dict[str, int]:
    """The words of a state, by name."""
    if model is None:
        return {}
    return {str(n): model[n].as_long() for n in model if n.arity() == 0 and z3.is_bv_value(model[n])}
