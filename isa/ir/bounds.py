"""Between which numbers an expression lies, whatever the state: interval arithmetic over the IR.

Where nothing better is known, it is every number of its width. `tests/isa/test_bounds.py` checks each rule on values.
"""

from isa.ir.nodes import Apply, Const, Expr, nodes

Bounds = tuple[int, int]  # the least and the greatest value, both included


def bounds(root: Expr) -> Bounds:
    """The least and the greatest value that an expression may have; a truth value counts as 0 or 1."""
    found: dict[Expr, Bounds] = {}
    for node in nodes(root):
        whole = 0, (1 << max(1, node.width)) - 1
        known = _bounds(node, [found[operand] for operand in node.operands()])
        found[node] = known if known and known[0] >= 0 and known[1] <= whole[1] else whole
    return found[root]


def _bounds(node: Expr, operands: list[Bounds]) -> Bounds | None:
    """Without regard to the width, which may not hold them."""
    match node, operands:
        case Const(_, value), _:
            return value, value
        case Apply(_, "select"), [_, (a, b), (c, d)]:
            return min(a, c), max(b, d)
        case Apply(_, "zext"), [(a, b)]:
            return a, b
        case Apply(_, "slice", _, low), [(a, b)]:
            return a >> low, b >> low
        case Apply(_, op, args), [(a, b), (c, d)]:
            return _of_two(op, a, b, c, d, args[1].width)
    return None


def _of_two(op: str, a: int, b: int, c: int, d: int, right: int) -> Bounds | None:
    """Of an operator on [a, b] and [c, d]; `right` is the width of the second."""
    filled = (1 << max(b, d).bit_length()) - 1
    match op:
        case "add":
            return a + c, b + d
        case "sub":
            return a - d, b - c
        case "mul":
            return a * c, b * d
        case "and":
            return 0, min(b, d)
        case "or":
            return max(a, c), filled
        case "xor":
            return 0, filled
        case "shl" if d < 64:
            return a << c, b << d
        case "shru":
            return a >> d, b >> c
        case "divu" if c:
            return a // d, b // c
        case "remu" if c:
            return 0, min(b, d - 1)
        case "concat":
            return a << right | c, b << right | d
    return None
