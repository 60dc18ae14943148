"""A step that receives a word which is known to stay, in native code: see `isa.devices.polling` for the table.

Whatever is not there is Python's, and so is everything while somebody looks at single steps.
"""

from isa.devices.polling import ASKED, MOST, NOTES, OPEN, PORTS, TIMES, WORDS
from isa.engines.native.text import RARE, Text, Value, number
from isa.engines.native.values import Values
from isa.ir.nodes import Behaviour, Recv, Send, Unknown, nodes


def question(behaviour: Behaviour) -> Recv | None:
    """What a step receives, if that is all that it wants of the world outside."""
    found = {n for n in nodes(*behaviour.expressions()) if isinstance(n, Recv | Unknown)}
    sends = any(isinstance(e, Send) for e in behaviour.effects)
    node = found.pop() if len(found) == 1 and not sends else None
    return node if isinstance(node, Recv) else None


def receive(text: Text, values: Values, node: Recv, table: str, ask: str) -> None:
    """Take the word from the table and note it; go to `ask`, with nothing done, if it is not there. No trap of the step
    is left to be asked."""
    port, near, here = text.zext(values.value(node.index), 64), text.label("near"), text.label("here")
    text.branch(text.compare("ult", port, number(64, PORTS)), near, ask)
    text.block(near)
    notes = text.load(text.at(table, NOTES), 64)
    ready = text.and_(text.lshr(text.load(text.at(table, OPEN), 64), port), number(64, 1))
    full = text.compare("uge", notes, number(64, MOST))
    text.branch(text.or_(text.is_zero(ready), full), ask, here, RARE)
    text.block(here)
    values.values[node] = text.load(text.at(table, text.add(port, number(64, WORDS))), node.width)
    _note(text, table, port, notes)


def _note(text: Text, table: str, port: Value, notes: Value) -> None:
    """Count it with the last note if that is of the same port, else make a new one."""
    last = text.sub(notes, number(64, 1))  # where there is none, a field before the notes, and it does not matter
    known = text.load(text.at(table, text.add(last, number(64, ASKED))), 64)
    same = text.and_(text.compare("eq", known, port), text.compare("ne", notes, number(64, 0)))
    at = text.select(same, last, notes)
    times = text.at(table, text.add(at, number(64, TIMES)))
    before = text.select(same, text.load(times, 64), number(64, 0))
    text.store(times, text.add(before, number(64, 1)))
    text.store(text.at(table, text.add(at, number(64, ASKED))), port)
    text.store(text.at(table, NOTES), text.add(at, number(64, 1)))
