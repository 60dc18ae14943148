"""Whatever a guest has its devices do, it hurts nobody but itself; and no step is lost by saving and restoring."""

from collections.abc import Sequence
from functools import partial

import pytest

from isa.devices import card as card_module
from isa.devices import keys as keys_module
from isa.devices import queue as queue_module
from isa.devices.card import Card
from isa.devices.keys import Keys
from isa.devices.queue import Queue
from isa.devices.rings import Ring
from isa.devices.screen import Screen
from tests.isa.hostile_devices import EMPTY, World, commands
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized

pytestmark = pytest.mark.long

SEQUENCES = sized(100, 10_000)
SHARDS = sized(1, 5)
MANY, EACH = 1_000_000, 50_000  # without a save
FEW = 60


def hostile(seeds: Sequence[int]) -> dict[str, int]:
    """Do the commands of these seeds, and again with a save and a restore between any two; what came of them."""
    seen = dict.fromkeys(("pictures", "frames", "writes", "refusals", "keys"), 0)
    for seed in seeds:
        world, stopped = World(seed), World(seed)
        for command in commands(seed):
            world.do(command)
            stopped.again()
            stopped.do(command)
        outcome = world.outcome()
        assert world.sound() and outcome == stopped.outcome(), f"seed {seed}"
        seen["pictures"] += world.picture() is not None
        seen["frames"] += len(world.out)
        seen["writes"] += world.written != EMPTY
        seen["refusals"] += world.ports.recv(15, world.now) == 3
        seen["keys"] += any(outcome[-1])
    return seen


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_guest_escapes_and_none_can_tell_that_it_was_saved(shard: int) -> None:
    each = SEQUENCES // SHARDS
    seen = hostile(range(shard * each, (shard + 1) * each))
    assert all(count > each / 20 for count in seen.values()), seen


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, MANY, EACH))
def test_a_million_do_no_harm(first: int) -> None:
    for seed in range(first, first + EACH):
        world = World(seed)
        for command in commands(seed):
            world.do(command)
        assert world.sound(), f"seed {seed}"


bugs = Bugs()
few = partial(hostile, range(FEW))
few.__name__ = "few"  # type: ignore[attr-defined]


@bugs.caught_by(few)
def addresses_of_pieces_are_not_looked_at(patch: Patch) -> None:
    patch.setattr(queue_module, "all", lambda each: True, raising=False)


@bugs.caught_by(few)
def an_index_of_a_ring_is_not_looked_at(patch: Patch) -> None:
    real = Ring.at.__func__  # type: ignore[attr-defined]

    def at(cls: type[Ring], storage: object, address: int, width: int) -> Ring | None:
        size, given, taken = storage.read(address, 3)  # type: ignore[attr-defined]
        return real(cls, storage, address, width) or Ring(storage, address, size, given, taken, width)  # type: ignore[arg-type]

    patch.setattr(Ring, "at", classmethod(at))


@bugs.caught_by(few)
def a_frame_to_send_is_not_looked_at(patch: Patch) -> None:
    patch.setattr(Card, "_refusal", lambda self, address, size, storage: 0)


@bugs.caught_by(few)
def any_number_of_keys_wait(patch: Patch) -> None:
    patch.setattr(keys_module, "WAITING", 1 << 30)


@bugs.caught_by(few)
def a_frame_that_waits_is_not_saved(patch: Patch) -> None:
    real = Card.save
    patch.setattr(Card, "save", lambda self: {**real(self), "waiting": []})


@bugs.caught_by(few)
def keys_that_wait_are_not_saved(patch: Patch) -> None:
    real = Keys.save
    patch.setattr(Keys, "save", lambda self: {**real(self), "waiting": []})


@bugs.caught_by(few)
def where_the_picture_is_is_not_saved(patch: Patch) -> None:
    patch.setattr(Screen, "save", lambda self: {"description": 0})


@bugs.caught_by(few)
def a_request_is_saved_as_if_it_were_new(patch: Patch) -> None:
    real = Queue._request_of
    patch.setattr(Queue, "_request_of", lambda self, saved: real(self, saved)._replace(due=0))


@bugs.caught_by(few)
def a_frame_leaves_with_what_lay_before_it(patch: Patch) -> None:
    patch.setattr(card_module, "LEAST", 0)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError, ZeroDivisionError))
