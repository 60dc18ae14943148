"""Ports of a switch that lead out of it, into the host: `door.py` says what one is, `tap.py` is a device of the host's
kernel, `gateway.py` serves a guest on the loopback address, and `vxlan.py` leads to another switch.
`trapline.networking.live` runs a network that has some."""

from trapline.networking import ports
from trapline.networking.definition import Plan
from trapline.networking.doors.door import Door
from trapline.networking.doors.gateway import Gateway
from trapline.networking.doors.tap import Tap
from trapline.networking.doors.vxlan import Vxlan


def doors(plan: Plan) -> dict[int, Door]:
    """Those that a file wants, by the numbers of their ports."""
    return {number: _door(out.to) for number, out in enumerate(plan.outside, len(plan.guests))}


def _door(to: ports.Joined) -> Door:
    if isinstance(to, ports.Tap):
        return Tap(to.device)
    if isinstance(to, ports.Tunnel):
        return Vxlan(to.here, to.there, to.network)
    return Gateway(to.station, to.to, to.guest, to.port, to.serve)
