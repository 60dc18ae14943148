"""Techniques: the kinds of monitor that can be derived from a description. Each is a small object (`technique.py`), and
nobody outside asks which one it is: what follows from a technique is read off what it says.

`trap.py`, `hybrid.py`, `interpret.py`, `patch.py` and `paravirtual.py` are the techniques, and `catalogue.py` has them
by name.
"""

from monitor.techniques.catalogue import TECHNIQUES, Monitors, levels
from monitor.techniques.hybrid import HYBRID
from monitor.techniques.interpret import INTERPRET
from monitor.techniques.paravirtual import PARAVIRTUAL
from monitor.techniques.patch import PATCH
from monitor.techniques.technique import Technique
from monitor.techniques.trap import TRAP

__all__ = ["HYBRID", "INTERPRET", "PARAVIRTUAL", "PATCH", "TECHNIQUES", "TRAP", "Monitors", "Technique", "levels"]
