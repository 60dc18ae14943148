"""The past of a machine, bare or virtual at any depth: going back, and asking when something happened.

`History(machine)` in `history.py` goes to any step, exactly; `course.py` does that for all guests of a monitor;
`tower.py` has what is kept of a machine and those that it runs on, `checkpoints.py` how much of that, and
`questions.py` what may be asked, forwards and backwards. docs/history.md explains it.
"""

from monitor.history.history import History, HistoryError

__all__ = ["History", "HistoryError"]
