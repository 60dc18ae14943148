"""Data classes of our own are those of the standard library in all that can be seen of them."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from isa import classes

OPTIONS = [
    dict(zip(("frozen", "eq", "repr", "slots"), chosen, strict=True)) for chosen in product((False, True), repeat=4)
]


def kinds(library: Any, options: dict[str, bool]) -> tuple[type[Any], type[Any]]:
    """A class and one that derives from it, by a library of data classes."""

    @library.dataclass(**options)
    class Base:
        a: int
        b: str = "b"

        def both(self) -> str:
            return f"{self.a}{self.b}"

    @library.dataclass(**options)
    class Derived(Base):
        c: dict[str, int] = library.field(default_factory=dict)
        d: tuple[int, ...] = library.field(default=(), repr=False)
        e: float = library.field(default=0.5, compare=False)

    return Base, Derived


def told(act: Callable[[], Any]) -> Any:
    """What came of it, in words."""
    try:
        return repr(act())
    except (TypeError, AttributeError) as error:
        return type(error), str(error).replace("isa.classes", "dataclasses")


def seen(library: Any, options: dict[str, bool]) -> list[Any]:
    """What can be seen of both classes and of some instances."""
    base, derived = kinds(library, options)
    one, same, other = derived(1, e=2.0), derived(1), derived(2, "x", {"k": 3}, (4,))
    shown = options["repr"]

    def changed() -> Any:
        one.a = 7
        return one.a, one.both()

    def taken() -> Any:
        del one.b
        return hasattr(one, "b")

    return [
        [(f.name, f.repr, f.compare) for f in library.fields(derived)],
        [(f.name, f.type, f.default is None) for f in dataclasses.fields(derived)],
        derived.__match_args__,
        getattr(derived, "__slots__", None),
        [base.__doc__ is None or "Base(" in base.__doc__, hasattr(one, "__dict__"), one.c is same.c],
        *(told(lambda one=one: one if shown else one.both()) for one in (one, same, other, base(1))),
        *((told(base), told(lambda: base(1, 2, 3))) if shown else ()),
        [one == same, one == other, base(1) == one, one != same, one == 1],
        options["eq"] and told(lambda: hash(base(1)) == hash(base(1))),
        told(lambda: library.replace(other, b="y").both()),
        told(lambda: dataclasses.replace(other, b="y").both()),
        told(lambda: dataclasses.asdict(other)),
        told(lambda: copy.copy(other).c is other.c),
        told(changed),
        told(taken),
        [dataclasses.is_dataclass(kind) for kind in (base, one)],
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(n for n, on in options.items() if on))
def test_classes_are_those_of_the_standard_library(options: dict[str, bool]) -> None:
    assert seen(classes, options) == seen(dataclasses, options)


@pytest.mark.parametrize("planted", ["eq", "frozen", "slots", "repr"])
def test_a_class_that_takes_no_notice_of_an_option_is_found(planted: str) -> None:
    class Careless:
        fields, field, replace = (staticmethod(one) for one in (classes.fields, classes.field, classes.replace))

        @staticmethod
        def dataclass(**options: bool) -> Any:
            return classes.dataclass(
                **{name: name == "eq" and planted != "eq" if name == planted else on for name, on in options.items()}
            )  # type: ignore[call-overload]

    options = {"frozen": True, "eq": True, "repr": True, "slots": True}
    assert seen(Careless, options) != seen(dataclasses, options)


@classes.dataclass(frozen=True, slots=True)
class Kept:
    a: int
    b: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Further(Kept):
    """One of the standard library's that derives from one of ours."""

    c: int = 3


class Plain(Kept):
    """No data class itself: what it adds may change."""


def test_they_go_through_pickle() -> None:
    one = Kept(1, (2, 3))
    assert pickle.loads(pickle.dumps(one)) == one and copy.deepcopy(one) == one


def test_the_standard_library_derives_from_them() -> None:
    one = Further(1, (2,), 4)
    assert repr(one) == "Further(a=1, b=(2,), c=4)" and one == dataclasses.replace(Further(1, (2,)), c=4)
    assert [f.name for f in classes.fields(one)] == ["a", "b", "c"] and classes.replace(one, a=9).a == 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2  # type: ignore[misc]


def test_what_the_standard_library_asks_for_is_made_once() -> None:
    (first, *_), (again, *_) = dataclasses.fields(Plain), dataclasses.fields(Kept(1))
    assert first is again


def test_who_derives_without_being_one_adds_what_may_change() -> None:
    one = Plain(1)
    one.more = 5  # type: ignore[attr-defined]
    del one.more  # type: ignore[attr-defined]
    assert one.a == 1 and not hasattr(one, "more")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2  # type: ignore[misc]


def test_what_is_never_called_is_never_compiled() -> None:
    one = Kept(1)
    assert Kept.__init__.__code__.co_filename == "<string>"
    assert Further.__hash__ is not Kept.__hash__ and "classes" in Plain.__repr__.__code__.co_filename
    assert repr(one) == "Kept(a=1, b=())" and Kept.__repr__.__code__.co_filename == "<string>"
