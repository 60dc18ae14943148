"""Interpretation: nothing runs directly. It is right on every machine and efficient on none: the yardstick."""

from isa.ir.nodes import FALSE
from monitor.techniques.technique import Technique

INTERPRET = Technique("interpret", "everything is interpreted", lambda isa: FALSE)
