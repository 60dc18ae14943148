"""The policies by name."""

from isa.errors import UsageError
from monitor.service.policies.deadline import Deadline
from monitor.service.policies.partition import Partition
from monitor.service.policies.policy import Policy
from monitor.service.policies.round_robin import RoundRobin
from monitor.service.policies.shares import Shares

POLICIES: dict[str, type[Policy]] = {policy.name: policy for policy in (RoundRobin, Shares, Deadline, Partition)}


def policy(name: str) -> Policy:
    """Raises UsageError for a name that no policy has."""
    if name not in POLICIES:
        raise UsageError(f"there is no policy `{name:.40}`", f"policies are {', '.join(POLICIES)}")
    return POLICIES[name]()
