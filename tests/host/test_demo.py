"""The demonstration holds what it says, and says so if it does not."""

import json

import pytest

from monitor.host import Host
from tests.planting import Patch
from trapline.cli import main
from trapline.hosting import demo

pytestmark = pytest.mark.slow


def test_all_of_it_holds(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "demo", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["held"] and len(found["acts"]) == 4


def test_a_server_that_does_not_answer_is_told(monkeypatch: Patch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(demo, "_serve", lambda host, names: False)
    assert main(["host", "demo"]) == 1
    assert capfd.readouterr().out.count("NO   ") == 3


def test_a_machine_that_arrives_anew_is_told(monkeypatch: Patch) -> None:
    real = Host.arrive

    def arrive(host: Host, token: str) -> bool:
        known = real(host, token)
        host.reset("mail")
        return known

    monkeypatch.setattr(Host, "arrive", arrive)
    assert main(["host", "demo"]) == 1
