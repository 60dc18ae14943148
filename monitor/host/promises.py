"""What a host's policy can promise a machine at all. Whether it can beside what others are promised, `service` says
when the machine is switched on.
"""

from isa.errors import TraplineError
from monitor.host.capacity import Capacity
from monitor.host.definition import Definition
from monitor.service.policies.catalogue import policy

LOOKS_AT = {"shares": "unit", "reservation": "reserve", "cap": "cap", "slot": "length", "period": "period"}
NEEDS = {"deadline": ("reservation", "of a period"), "partition": ("slot", "of a frame")}


def check_terms(capacity: Capacity, wanted: Definition) -> None:
    """Raises TraplineError for what the policy does not look at, or does not run."""
    usual = Definition(wanted.name)
    given = [key for key in (*LOOKS_AT, "processor") if getattr(wanted, key) != getattr(usual, key)]
    if capacity.policy:
        _check_given(capacity, wanted, given)
        _check_needed(capacity, wanted)
        wanted.terms(capacity.period)
    elif given:
        rule = f"{wanted.name} has `{given[0]}`, and its host no policy that looks at it"
        raise TraplineError(rule, 'write `policy = "shares"` in host.toml, or leave it away')


def _check_given(capacity: Capacity, wanted: Definition, given: list[str]) -> None:
    words = policy(capacity.policy).words
    known = [key for key, word in LOOKS_AT.items() if word in words]
    for key in given:
        if key in LOOKS_AT and key not in known:
            rule = f"{wanted.name} has `{key}`, and `{capacity.policy}` does not look at it"
            raise TraplineError(rule, f"leave it away; it looks at {', '.join(known) or 'nothing'}")
    if wanted.processor is not None and wanted.processor >= capacity.processors:
        rule = f"{wanted.name} is to run on processor {wanted.processor}, and the host has {capacity.processors}"
        raise TraplineError(rule, f"processors are 0 to {capacity.processors - 1}")


def _check_needed(capacity: Capacity, wanted: Definition) -> None:
    key, of = NEEDS.get(capacity.policy, ("", ""))
    if key and not getattr(wanted, key):
        rule = f"{wanted.name} has no `{key}`, and by `{capacity.policy}` would never run"
        raise TraplineError(rule, f"write `{key} = 1000`, steps {of}")
