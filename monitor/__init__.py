"""A monitor in the paper's sense: it runs virtual machines de-privileged on a machine, which may itself be virtual.

`monitor.core` is what it computes (traced into IR), `monitor.allocator` what it owns, `monitor.dispatcher` what it does
at each exit, and `monitor.native` has it done in native code. `monitor.schedule` has guests take turns,
`monitor.monitor` is the whole, and `monitor.statistics` counts and explains every exit.
"""

from monitor.monitor import Monitor, VirtualMachine
from monitor.statistics import Decision, ExitEvent, Statistics

__all__ = ["Decision", "ExitEvent", "Monitor", "Statistics", "VirtualMachine"]
