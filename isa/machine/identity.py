"""Whether two descriptions are the same machine: a digest of what they mean, not of how they are written."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from isa.classes import fields
from isa.description import Isa
from isa.encoding import encoding_digest
from isa.files.cache import sha256
from isa.ir.nodes import Behaviour, Expr, nodes
from isa.machine.machine import Loadable


@lru_cache(maxsize=64)  # whoever keeps many machines asks for each of them
def meaning_digest(isa: Isa) -> str:
    """SHA-256, in hex, of states, encodings and meanings. Machines with equal digests run alike, step for step."""
    hashed = sha256(encoding_digest(isa, isa.instructions).encode())
    for line in _lines(isa):
        hashed.update(line.encode() + b"\n")
    return hashed.hexdigest()


def words_digest(image: Loadable) -> str:
    """SHA-256, in hex, of the words of a program, where they stand, and where it begins."""
    hashed = sha256(f"{image.entry}\n".encode())
    for segment in image.segments:
        hashed.update(f"{segment.address} {len(segment.words)}\n".encode())
        hashed.update(b"".join(word.to_bytes(8, "little") for word in segment.words))
    return hashed.hexdigest()


def behaviours_digest(*behaviours: Behaviour) -> str:
    """SHA-256, in hex, of what these behaviours do, told by the names of states and parameters."""
    hashed = sha256()
    for behaviour in behaviours:
        hashed.update("".join(f"{line}\n" for line in (*_behaviour(behaviour), "end")).encode())
    return hashed.hexdigest()


def _lines(isa: Isa) -> Iterator[str]:
    for state in isa.states.values():
        parts = [(f.name, f.low, f.width, f.role) for f in state.fields]
        yield f"{state.name} {state.kind} {state.width} {state.count} {state.role} {sorted(state.zero)} {parts}"
    for behaviour in (isa.reset, isa.entry, isa.prologue, Behaviour(isa.fetch.traps), isa.unassigned):
        yield from _behaviour(behaviour)
    yield from _graph([isa.fetch.word], {})
    for name, instruction in sorted(isa.instructions.items()):
        yield name
        yield from _behaviour(instruction.behaviour)


def _behaviour(behaviour: Behaviour) -> Iterator[str]:
    numbers: dict[Expr, int] = {}
    yield from _graph(behaviour.expressions(), numbers)
    for item in (*behaviour.traps, *behaviour.effects):
        yield _line(item, numbers)


def _graph(roots: Iterable[Expr], numbers: dict[Expr, int]) -> Iterator[str]:
    """Every node on a line of its own, operands by number: printing them nested would repeat what is shared."""
    for node in nodes(*roots):
        yield _line(node, numbers)
        numbers[node] = len(numbers)


def _line(item: object, numbers: dict[Expr, int]) -> str:
    values = [_shown(getattr(item, f.name), numbers) for f in fields(item)]  # type: ignore[arg-type]
    return " ".join([type(item).__name__, *values])


def _shown(value: object, numbers: dict[Expr, int]) -> str:
    match value:
        case Expr():
            return f"#{numbers[value]}"
        case tuple():
            return f"({' '.join(_shown(v, numbers) for v in value)})"
    return str(value)
