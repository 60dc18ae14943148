"""Makes a guest that breaks a property small: fewer words, plainer state, shorter runs, while it still breaks it.

Greedy and bounded: every attempt is one run, and there are at most `attempts`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from proofs.runs.guests import Guest

ATTEMPTS = 400


def shrunk(guest: Guest, fails: Callable[[Guest], object], attempts: int = ATTEMPTS) -> Guest:
    """The smallest guest found for which `fails` is still true; `guest` itself if nothing smaller does."""
    progress = True
    while progress:
        progress = False
        for candidate in _smaller(guest):
            if attempts == 0:
                return guest
            attempts -= 1
            if fails(candidate):
                guest, progress = candidate, True
                break
    return guest


def _smaller(guest: Guest) -> Iterator[Guest]:
    """Simpler guests, the boldest first."""
    quanta = guest.quanta
    for cut in {len(quanta) // 2, len(quanta) - 1} - {0}:
        yield replace(guest, quanta=quanta[:cut])
    if len(quanta) > 1:
        yield replace(guest, quanta=(sum(quanta),))
    if quanta[-1] > 1:
        yield replace(guest, quanta=(*quanta[:-1], quanta[-1] // 2))
        yield replace(guest, quanta=(*quanta[:-1], quanta[-1] - 1))
    if guest.text:
        yield replace(guest, text=b"")
    yield from (replace(guest, words=words) for words in _fewer(guest.words))
    for name in guest.state:
        if name != guest.isa.pc:
            yield replace(guest, state={n: v for n, v in guest.state.items() if n != name})
    for name, value in guest.state.items():
        if isinstance(value, list):
            for i in (i for i, v in enumerate(value) if v):
                yield replace(guest, state={**guest.state, name: [*value[:i], 0, *value[i + 1 :]]})


def _fewer(words: dict[int, int]) -> Iterator[dict[int, int]]:
    """Without a run of words: halves, quarters, and so on down to single ones."""
    addresses = sorted(words)
    length = len(addresses) // 2
    while length:
        for first in range(0, len(addresses), length):
            gone = set(addresses[first : first + length])
            yield {a: w for a, w in words.items() if a not in gone}
        length //= 2
