"""What a host tells a guest arrives once, at a step boundary, and goes into a saved state."""

import pytest

from isa.devices import Ports
from isa.devices.notices import STOP, Notices
from isa.errors import MachineError
from tests.isa.test_devices_ports import Words


def test_news_interrupt_once_and_only_if_they_are_news() -> None:
    notices = Notices(3)
    ports = Ports({9: notices})
    notices.tell(3, 0)
    assert (ports.deadline(), ports.recv(9, 0), ports.recv(10, 0)) == (None, 3, 0)
    notices.tell(4, STOP)
    assert (ports.deadline(), ports.act(7, Words(8)), ports.deadline()) == (0, 1 << 9, None)
    assert (ports.recv(9, 8), ports.recv(10, 8)) == (4, STOP)
    assert ports.act(9, Words(8)) == 0


def test_what_was_not_told_yet_is_saved() -> None:
    notices, other = Notices(), Notices()
    notices.tell(2, 0)
    other.restore(notices.save())
    assert other.save() == notices.save() and other.deadline() == 0
    mark = other.mark()
    other.tell(5, STOP)
    other.rewind(mark)
    assert other.save() == notices.save()
    with pytest.raises(MachineError, match="`asked` is not a number from 0 to 1"):
        other.restore({**notices.save(), "asked": 2})
