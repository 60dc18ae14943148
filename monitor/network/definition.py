"""What a file says of a port, wherever there are networks: in the file of one, and in that of a machine of a host.

vlans = [1]                 # one, or with `trunk = true` several
trunk = false
rate = 0                    # octets that may leave for it in 1024 steps; 0: any number
burst = 1514                # octets at once
"""

from isa.files.tables import Table
from monitor.network.forwarding import MOST_BURST, MOST_RATE
from monitor.network.switch import Port

MOST_VLAN = 4094  # IEEE 802.1Q
LEAST_BURST = 60  # octets: a frame passes at all


def read_port(table: Table, name: str) -> Port:
    """The port of that name, as its table says."""
    trunk, vlans = table.flag("trunk"), table.numbers("vlans", 1, MOST_VLAN, (1,))
    if not trunk and len(vlans) != 1:
        table.wrong("vlans", "a port is of one VLAN, unless it is a trunk: `trunk = true`")
        vlans = (1,)
    return Port(name, vlans, trunk, *read_limits(table))


def read_limits(table: Table) -> tuple[int, int]:
    """What may leave at a port: octets in 1024 steps, and at once."""
    return table.number("rate", 0, MOST_RATE, 0), table.number("burst", LEAST_BURST, MOST_BURST, 1514)
