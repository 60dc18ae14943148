"""How handlers and the functions of the loop go on to each other: all have one signature, and tail calls make them one
loop. What they pass on stays in registers.

ip       the record of the present instruction      end    the record at which the allowance of steps would be used up
stop     the nearer of `end` and the window's end   zero   the record of pc 0
"""

from isa.engines.native.plan import Plan
from isa.engines.native.text import Text, Value, number

ARGUMENTS = "ptr %frame, ptr %state, i64 %ip, i64 %stop, i64 %end, i64 %zero, ptr %cells, ptr %table"
TAIL = "musttail call preserve_nonecc"
IP, STOP, END, ZERO = (Value(64, f"%{name}") for name in ("ip", "stop", "end", "zero"))
NONE = number(64, 0)


def tail(text: Text, to: str, ip: Value = IP, stop: Value = STOP, end: Value = END, zero: Value = ZERO) -> None:
    """Go on in another function."""
    _tail(text, to, ip, stop, end, zero, "%cells", "%table")


def tail_alone(text: Text, to: str, ip: Value, end: Value) -> None:
    """Go on in a function that finds the rest by itself."""
    _tail(text, to, ip, NONE, end, NONE, "null", "null")


def _tail(text: Text, to: str, ip: Value, stop: Value, end: Value, zero: Value, cells: str, table: str) -> None:
    places = ip.typed, stop.typed, end.typed, zero.typed
    operands = ("ptr %frame", "ptr %state", *places, f"ptr {cells}", f"ptr {table}")
    text.emit(f"ret i64 {text.call('i64', to, operands, TAIL)}")


def record_at(text: Text, place: Value) -> str:
    """An address that is at hand as a number."""
    return text.named(f"inttoptr {place.typed} to ptr")


def pc_of(text: Text, plan: Plan, ip: Value, width: int) -> Value:
    """The pc of the instruction whose record lies at `ip`."""
    shift = plan.record_bytes.bit_length() - 1
    return text.resized(text.ashr(text.sub(ip, ZERO), number(64, shift)), width)
