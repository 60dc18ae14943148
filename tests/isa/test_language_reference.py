"""docs/language.md says what the code does: its tables are generated, its example loads, its lists are complete."""

import re
from pathlib import Path

from isa.description import Role
from isa.ir.operators import OPERATORS
from isa.language import limits, load_text
from isa.language.spelling import BINARY, FORMS, UNARY, operator_table
from isa.language.syntax import KINDS
from isa.passes.validity import faults

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")


def test_the_operator_table_is_the_operator_table() -> None:
    assert operator_table() in TEXT


def test_every_operator_can_be_written() -> None:
    spelled = {s.op for s in BINARY.values()} | set(UNARY.values()) | set(FORMS)
    assert spelled == set(OPERATORS)


def test_the_limits_are_the_limits() -> None:
    assert limits.table() in TEXT
    assert set(limits.MEANINGS) == {name for name in vars(limits) if name.isupper()} - {"MEANINGS"}


def test_the_example_loads() -> None:
    (example,) = re.findall(r"```\n(isa .*?)```", TEXT, re.DOTALL)
    for name in ("tiny", "tinier"):
        assert faults(load_text(example, name)) == []


def test_every_kind_of_item_and_every_role_is_named() -> None:
    for kind in KINDS.values():
        assert f"`{kind} " in TEXT or f"| `{kind}" in TEXT, kind
    for role in Role:
        assert f"@{role.value}" in TEXT
