"""A step that receives a word which is known to stay, or sends one to who merely stores it, in native code: see
`isa.devices.polling` for the table.

Whatever is not there is Python's, and so is everything while somebody looks at single steps.
"""

from isa.devices.polling import (
    AFTER,
    AMOUNTS,
    ASKED,
    MOST,
    NOTES,
    ONCE,
    OPEN,
    PAGE,
    PORTS,
    SAID,
    TAKES,
    WORDS,
)
from isa.engines.native.text import RARE, Text, Value, number
from isa.engines.native.values import Values
from isa.ir.nodes import TRUE, Behaviour, Recv, Send, Unknown, nodes


def question(behaviour: Behaviour) -> Recv | None:
    """What a step receives, if that is all that it wants of the world outside."""
    found = {n for n in nodes(*behaviour.expressions()) if isinstance(n, Recv | Unknown)}
    sends = any(isinstance(e, Send) for e in behaviour.effects)
    node = found.pop() if len(found) == 1 and not sends else None
    return node if isinstance(node, Recv) else None


def statement(behaviour: Behaviour) -> Send | None:
    """What a step sends in any case, if that is all that it wants of the world outside."""
    sends = [effect for effect in behaviour.effects if isinstance(effect, Send)]
    asks = any(isinstance(n, Recv | Unknown) for n in nodes(*behaviour.expressions()))
    return sends[0] if len(sends) == 1 and sends[0].guard is TRUE and not asks else None


def receive(text: Text, values: Values, node: Recv, table: str, ask: str) -> None:
    """Take the word from the table and note it, and go over to the words after it if it is handed out once; go to
    `ask`, with nothing done, if it is not there. No trap of the step is left to be asked."""
    port = text.zext(values.value(node.index), 64)
    notes = _room(text, table, port, OPEN, ask)
    key = text.add(port, text.load(text.at(table, PAGE), 64))
    values.values[node] = text.load(text.at(table, text.add(key, number(64, WORDS))), node.width)
    last = text.sub(notes, number(64, 1))  # where there is none, a field before the notes, and it does not matter
    known = text.load(text.at(table, text.add(last, number(64, ASKED))), 64)
    same = text.and_(text.compare("eq", known, key), text.compare("ne", notes, number(64, 0)))
    at = text.select(same, last, notes)
    before = text.load(text.at(table, text.add(at, number(64, AMOUNTS))), 64)
    _note(text, table, at, key, text.add(text.select(same, before, number(64, 0)), number(64, 1)))
    turn, on = text.label("turn"), text.label("on")
    once = text.and_(text.lshr(text.load(text.at(table, ONCE), 64), port), number(64, 1))
    text.branch(text.is_zero(once), on, turn)
    text.block(turn)
    text.store(text.at(table, OPEN), text.load(text.at(table, AFTER), 64))
    text.store(text.at(table, ONCE), number(64, 0))
    text.store(text.at(table, PAGE), number(64, PORTS))
    text.jump(on)
    text.block(on)


def send(text: Text, values: Values, effect: Send, table: str, ask: str) -> None:
    """Note the word for a device that stores it; go to `ask`, with nothing done, if it does not."""
    port, word = (text.zext(values.value(part), 64) for part in (effect.index, effect.value))
    notes = _room(text, table, port, TAKES, ask)
    _note(text, table, notes, text.add(port, number(64, SAID)), word)


def _room(text: Text, table: str, port: Value, kind: int, ask: str) -> Value:
    """The number of notes, if there is room for one more, and the port has its bit in a field of the table."""
    near, here = text.label("near"), text.label("here")
    text.branch(text.compare("ult", port, number(64, PORTS)), near, ask)
    text.block(near)
    notes = text.load(text.at(table, NOTES), 64)
    ready = text.and_(text.lshr(text.load(text.at(table, kind), 64), port), number(64, 1))
    full = text.compare("uge", notes, number(64, MOST))
    text.branch(text.or_(text.is_zero(ready), full), ask, here, RARE)
    text.block(here)
    return notes


def _note(text: Text, table: str, at: Value, what: Value, amount: Value) -> None:
    """Write the note with this number, which is the last one from now on."""
    text.store(text.at(table, text.add(at, number(64, AMOUNTS))), amount)
    text.store(text.at(table, text.add(at, number(64, ASKED))), what)
    text.store(text.at(table, NOTES), text.add(at, number(64, 1)))
