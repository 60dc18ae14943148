"""What the files of a host and of its machines say of networks: every mistake with its place, its rule and the fix."""

from pathlib import Path

import pytest

from isa.errors import SourceError, TraplineError
from monitor.host import Definition, read_capacity, read_definition
from monitor.host.networks import Net, NetworkPart
from tests.host.networked import LAN, WORDS, image, lan, machine

MISTAKES = {
    '[[networks]]\nname = "l"\nspeed = 1\n': "host.toml:3:1: error: there is no `speed` here",
    '[[networks]]\nname = "L"\n': "host.toml:2:1: error: 'L' is no name",
    "[[networks]]\n": "host.toml:1:3: error: `name` is missing",
    '[[networks]]\nname = "l"\n[[networks]]\nname = "l"\n': "two networks are called `l`",
    '[[networks]]\nname = "l"\nvlans = [0]\n': "host.toml:3:1: error: `vlans` must be a list of whole numbers from 1",
    f'[[networks]]\nname = "l"\nvlans = {list(range(1, 66))}\n': "a switch has 64 VLANs at most",
    '[[networks]]\nname = "l"\ndelay = 0\n': "host.toml:3:1: error: `delay` must be from 1 to 1,048,576, not 0",
    '[[networks]]\nname = "l"\nports = 9999\n': "host.toml:3:1: error: `ports` must be from 1 to 1,024, not 9,999",
    "".join(f'[[networks]]\nname = "l{n}"\n' for n in range(65)): "a host has 64 networks at most",
    'type = "vmm"\n[[networks]]\nname = "l"\n': "`networks` is for a host of the derived monitor",
}
OF_MACHINES = {
    '[[networks]]\nname = "l"\n[[networks]]\nname = "m"\n': "there is room for 1 card, and these are 2",
    '[[networks]]\nname = "l"\nvlans = [1, 2]\n': "web.toml:4:1: error: a port is of one VLAN, unless it is a trunk",
    '[[networks]]\nname = "l"\nstation = -1\n': "web.toml:4:1: error: `station` must be from 0 to 4,294,967,295",
    '[[networks]]\nname = "l"\nburst = 100\n': "web.toml:4:1: error: `burst` is for a port with a `rate`",
    '[[networks]]\nname = "../l"\n': "web.toml:3:1: error: '../l' is no name",
    '[network]\nname = "l"\n': "web.toml:2:2: error: there is no `network` here",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_host_has_its_place(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_capacity("host.toml", text.encode())
    assert MISTAKES[text] in caught.value.render()


@pytest.mark.parametrize("text", OF_MACHINES)
def test_a_mistake_in_a_machine_has_its_place(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_definition("web.toml", f'guest = "echo"\n{text}'.encode())
    assert OF_MACHINES[text] in caught.value.render()


def test_what_files_say_is_read() -> None:
    text = b'[[networks]]\nname = "l"\nvlans = [3, 4]\nports = 2\nrate = 100\nburst = 60\ndelay = 7\n'
    assert read_capacity("host.toml", text).networks == (Net("l", (3, 4), 2, 100, 60, 7),)
    text = (
        b'guest = "echo"\n[[networks]]\nname = "l"\nstation = 9\nvlans = [3, 4]\ntrunk = true\nrate = 8\nburst = 70\n'
    )
    assert read_definition("web.toml", text).networks == (NetworkPart("l", 9, (3, 4), True, 8, 70),)


def test_a_port_is_no_more_than_its_network_has(tmp_path: Path) -> None:
    tables = LAN + "ports = 2\nrate = 500\nburst = 100\n"
    with lan(tmp_path, tables) as host:
        machine(host, "one", "reflect", station=2)
        for part, why in (
            (NetworkPart("wan"), "is to be on a network `wan`, which its host has not"),
            (NetworkPart("lan", vlans=(3,)), "is to be of VLAN 3, and `lan` has 1, 2"),
            (NetworkPart("lan", station=2), "is to be station 2 of `lan`, and another machine is"),
            (NetworkPart("lan", rate=501), "is to have a rate of 501, and ports of `lan` have 500 at most"),
            (NetworkPart("lan", rate=1, burst=101), "is to have a burst of 101, and ports of `lan` have 100 at most"),
        ):
            with pytest.raises(TraplineError, match=why) as caught:
                host.define(Definition("two", "reflect", storage=WORDS, networks=(part,)), image("reflect"))
            assert caught.value.help
        machine(host, "two", "reflect")
        assert host.machine("two").definition.networks[0].station == 1
        with pytest.raises(TraplineError, match="`lan` has 2 ports, and all are taken"):
            host.clone("two", "three")
