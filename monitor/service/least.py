"""Whoever comes first of many, by a comparison that is asked and never kept: a heap of which each knows its place.

It may be used where the order of two that stay in it does not change. Who is about to change is taken out, and put back
when that has happened.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Least(Generic[T]):
    """`before(a, b)` says whether a comes before b; of any two one does. To put in, to take out and to find the first
    asks as often as the logarithm of how many there are."""

    def __init__(self, before: Callable[[T, T], bool]) -> None:
        self.before = before
        self._heap: list[T] = []
        self._places: dict[T, int] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def __contains__(self, item: T) -> bool:
        return item in self._places

    def __iter__(self) -> Iterator[T]:
        return iter(self._heap)

    @property
    def first(self) -> T | None:
        return self._heap[0] if self._heap else None

    def put(self, item: T) -> None:
        self._heap.append(item)
        self._rise(item, len(self._heap) - 1)

    def take(self, item: T) -> None:
        """Take it out, if it is there: those below move up, and whoever was last goes where they have left room."""
        place = self._places.pop(item, None)
        if place is None:
            return
        heap, before, last = self._heap, self.before, self._heap.pop()
        if last is item:
            return
        size = len(heap)
        while (below := 2 * place + 1) < size:
            if below + 1 < size and before(heap[below + 1], heap[below]):
                below += 1
            self._set(heap[below], place)
            place = below
        self._rise(last, place)

    def _rise(self, item: T, place: int) -> None:
        while place and self.before(item, above := self._heap[(place - 1) >> 1]):
            self._set(above, place)
            place = (place - 1) >> 1
        self._set(item, place)

    def _set(self, item: T, place: int) -> None:
        self._heap[place] = item
        self._places[item] = place
