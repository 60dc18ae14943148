"""A host: many virtual machines on few processors, each with what it was promised.

`words` names what is counted, `policies` say who goes next and what that costs, `compiled` makes functions of them, and
`served` runs machines by them, on `monitor.schedule`. `proofs.service` proves of the same functions that promises are
kept. docs/host.md explains it.
"""

from monitor.host.served import Served
from monitor.host.terms import Terms

__all__ = ["Served", "Terms"]
