"""Ports of a switch that lead out of it, into the host: `door.py` says what one is, and `tap.py` is a device of the
host's kernel. `trapline.networking.live` runs a network that has some."""

from trapline.networking.definition import Plan
from trapline.networking.doors.door import Door
from trapline.networking.doors.tap import Tap


def doors(plan: Plan) -> dict[int, Door]:
    """Those that a file wants, by the numbers of their ports."""
    return {number: Tap(out.to.device) for number, out in enumerate(plan.outside, len(plan.guests))}
