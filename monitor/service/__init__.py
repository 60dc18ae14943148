"""Service: many virtual machines on few processors, each with what it was promised.

`words` names what is counted, `terms` what a machine is promised, `policies` say who goes next and what that costs,
`compiled` makes functions of them, `books` keeps accounts by those and finds who is next, and `served` runs machines by
them, on `monitor.schedule`. `proofs.service` proves of the same functions that promises are kept. docs/scheduling.md
explains it. `requests` asks machines that serve, and `level` says what a reservation promises of their answers
(docs/consolidate.md).
"""

from monitor.service.served import Served
from monitor.service.terms import Terms

__all__ = ["Served", "Terms"]
