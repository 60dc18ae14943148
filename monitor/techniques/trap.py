"""Trap and emulate (Theorem 1): everything runs directly, and what is privileged traps."""

from isa.ir.nodes import TRUE
from monitor.techniques.technique import Technique

TRAP = Technique("trap", "everything runs directly, and what is privileged traps", lambda isa: TRUE)
