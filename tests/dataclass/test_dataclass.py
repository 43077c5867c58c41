"""Our dataclasses do what those of the standard library do, whatever is done with them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, ClassVar  # noqa: F401 -- looked up in this module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trayapp.dataclass

OFTEN = 200
"""Uses after which a class has methods of its own."""
SOURCE = """
from typing import ClassVar

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0

@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    label: str
    size_bytes: int | None = None
    parts: list[int] = field(default_factory=list)
    kinds: ClassVar[int] = 3

    def double(self):
        return (self.size_bytes or 0) * 2

@dataclass(slots=True)
class Open:
    x: int
    seen: dict[str, int] = field(default_factory=dict)
    hidden: int = field(default=7, compare=False, repr=False)

@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0
    note: str = field(default="", compare=False)

@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Same:
    x: int = 1

@dataclass(frozen=True, slots=True)
class Child(Point):
    z: int = 5
    y: int = 2

@dataclass(frozen=True, slots=True, kw_only=True)
class NamedChild(Point):
    name: str = "n"

class Outsider(Point):
    pass

@dataclass(slots=True)
class Ended:
    low: int
    high: int = 0

    def __post_init__(self):
        if self.high < self.low:
            self.low, self.high = self.high, self.low

@dataclass(frozen=True, slots=True)
class Own:
    x: float = 0.0

    def __repr__(self):
        return "Own"

    def __hash__(self):
        return 5

@dataclass(frozen=True, slots=True)
class Empty:
    pass
"""
NAMES = (
    *("Point", "Named", "Open", "Version", "Same", "Child", "NamedChild", "Outsider", "Ended"),
    *("Own", "Empty"),
)


def classes(library: ModuleType) -> dict[str, Any]:
    """Return the classes of SOURCE, made by a library."""
    known: dict[str, Any] = {**vars(library), "__name__": __name__}
    exec("from __future__ import annotations\n" + SOURCE, known)  # noqa: S102
    return known


STANDARD = classes(dataclasses)
OURS = classes(trayapp.dataclass)
USED = classes(trayapp.dataclass)
"""Ours, used so often that they have methods of their own."""
for name, made in USED.items():
    if name in NAMES:
        for _ in range(OFTEN):
            given_x = {} if name in {"Same", "Own", "Empty"} else {"x": 1}
            match name:
                case "Named":
                    given_x = {"label": 1}
                case "Version":
                    given_x = {"major": 1}
                case "Ended":
                    given_x = {"low": 1}
            one = made(**given_x)
            _ = one == made(**given_x)


def outcome(action: Callable[[], Any]) -> Any:
    """Return what something gives, or the kind and text of what it raises."""
    try:
        return action()
    except (TypeError, AttributeError) as error:
        return type(error).__name__, str(error)


def everything(made: dict[str, Any], name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
    """Return what can be seen of an instance made with these arguments."""
    kind = made[name]

    def look() -> Any:
        one, other = kind(*args, **kwargs), kind(*args, **kwargs)
        asdict, fields, replace = made["asdict"], made["fields"], made["replace"]
        names = [each.name for each in fields(kind)]
        changed = [outcome(partial(replace, one, **{each: 99})) for each in names]
        return (
            None if name == "Same" else repr(one),
            one == other,
            one != other,
            one == args,
            outcome(lambda: hash(one) == hash(other)),
            outcome(lambda: {hash(one)} - {object.__hash__(one)}),
            outcome(lambda: (one < other, one <= other, one > other, one >= other)),
            [getattr(one, each) for each in names],
            outcome(lambda: asdict(one)),
            [repr(each) for each in changed] if name != "Same" else None,
            outcome(lambda: replace(one, nothing=1)),
            [outcome(partial(setattr, one, each, 1)) for each in names],
            [outcome(partial(delattr, one, each)) for each in names],
            hasattr(one, "__dict__"),
            kind.__match_args__,
            kind.__doc__ if kind.__doc__ and "(" not in kind.__doc__ else None,
            kind.__module__,
            kind.__qualname__,
        )

    return without_addresses(outcome(look), name)


def without_addresses(seen: Any, name: str) -> Any:
    """Leave out what differs between any two objects: the hash of one that has no equals."""
    return [*seen[:5], *seen[6:]] if name == "Same" and len(seen) > 5 else seen


values = st.integers(-2, 2) | st.text(max_size=2) | st.none() | st.floats(allow_nan=False)
keys = st.sampled_from(["x", "y", "z", "label", "size_bytes", "major", "low", "high", "name"])


@pytest.mark.parametrize("name", NAMES)
@given(
    args=st.lists(st.integers(-2, 2) | st.text(max_size=1), max_size=3).map(tuple),
    kwargs=st.dictionaries(keys, st.integers(-2, 2), max_size=3),
)
def test_an_instance_or_an_error_is_that_of_the_standard_library(
    name: str, args: tuple[Any, ...], kwargs: dict[str, int]
) -> None:
    wanted = everything(STANDARD, name, args, kwargs)
    assert everything(OURS, name, args, kwargs) == wanted
    assert everything(USED, name, args, kwargs) == wanted


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_they_sort_and_are_keys_as_their_fields_do(pairs: list[tuple[int, int]]) -> None:
    for made in (OURS, USED):
        versions = [made["Version"](*pair) for pair in pairs]
        assert [(one.major, one.minor) for one in sorted(versions)] == sorted(pairs)
        assert len(set(versions)) == len(set(pairs))


@pytest.mark.parametrize("made", [OURS, USED], ids=["shared methods", "own methods"])
def test_a_default_factory_makes_one_for_each_instance(made: dict[str, Any]) -> None:
    first, second = made["Open"](1), made["Open"](1)
    first.seen["a"] = 1
    assert second.seen == {}
    assert made["Open"](1, {"b": 2}).seen == {"b": 2}


@pytest.mark.parametrize("made", [OURS, USED], ids=["shared methods", "own methods"])
def test_a_frozen_one_stays_frozen_and_of_its_class(made: dict[str, Any]) -> None:
    one = made["Point"](1, 2)
    assert type(one) is made["Point"]
    with pytest.raises(trayapp.dataclass.FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 3
    assert one.x == 1


@pytest.mark.parametrize("made", [OURS, USED], ids=["shared methods", "own methods"])
def test_a_class_that_only_inherits_has_what_it_inherits(made: dict[str, Any]) -> None:
    one = made["Outsider"](1, 2)
    assert type(one) is made["Outsider"]
    assert one == made["Outsider"](1, 2) != made["Point"](1, 2)
    one.mine = 3
    with pytest.raises(AttributeError):
        one.x = 3


def test_methods_of_its_own_do_not_reach_a_dataclass_that_inherits() -> None:
    for _ in range(OFTEN):
        assert hash(USED["Point"](1)) == hash(USED["Point"](1))
    assert USED["Child"](1) != USED["Child"](1, z=6)
    assert USED["Child"](1).y == 2


def test_instances_can_be_copied_and_pickled() -> None:
    for name in ("Point", "Open"):
        globals()[name] = OURS[name]
        try:
            one = OURS[name](4)
            again = pickle.loads(pickle.dumps(one))  # noqa: S301
            assert copy.copy(one) == copy.deepcopy(one) == again == one
        finally:
            del globals()[name]


def test_dicts_are_made_of_dataclasses_wherever_they_are() -> None:
    for made in (STANDARD, OURS):
        point = made["Point"](1)
        within = [point, (point,), {"p": point}, {1, 2}, None]
        found = made["asdict"](made["Named"](label="a", parts=within))
        plain = {"x": 1, "y": 0}
        assert found["parts"] == [plain, (plain,), {"p": plain}, {1, 2}, None]
        assert found["parts"] is not within


def test_the_functions_of_the_standard_library_take_them() -> None:
    one: Any = OURS["Named"](label="a", size_bytes=5)
    assert dataclasses.is_dataclass(type(one))
    assert dataclasses.replace(one, label="b") == OURS["Named"](label="b", size_bytes=5)
    assert dataclasses.asdict(one) == OURS["asdict"](one)
    theirs = {each.name: each for each in dataclasses.fields(STANDARD["Named"])}
    for each in dataclasses.fields(one):
        for attribute in ("default", "default_factory", "repr", "compare", "kw_only", "init"):
            assert getattr(each, attribute) == getattr(theirs[each.name], attribute)


def test_a_default_that_all_would_share_is_refused() -> None:
    with pytest.raises(ValueError, match="default_factory"):

        @trayapp.dataclass.dataclass(slots=True)
        class _Shared:
            parts: list[int] = []  # noqa: RUF012


def test_metadata_is_handed_out_once() -> None:
    def declared() -> Any:
        return trayapp.dataclass.field(default=3, metadata={"unit": "s"})

    @trayapp.dataclass.dataclass(slots=True)
    class Waits:
        after: int = declared()
        name: str = "a"

    take = trayapp.dataclass.take_metadata
    assert list(take(Waits)) == [("after", 3, {"unit": "s"}), ("name", "a", {})]
    assert list(take(Waits)) == [("after", 3, {}), ("name", "a", {})]
    assert Waits() == Waits(3, "a")


def test_making_and_using_one_loads_nothing_of_the_standard_library_for_it() -> None:
    code = """
import sys
from trayapp.dataclass import asdict, dataclass, replace
@dataclass(frozen=True, slots=True)
class Point:
    x: int
for number in range(200):
    assert asdict(replace(Point(number), x=1)) == {"x": 1}
print({"dataclasses", "inspect", "copy"} & sys.modules.keys())
"""
    # Without site, which may load anything.
    printed = subprocess.check_output([sys.executable, "-S", "-c", code], text=True)
    assert printed.strip() == "set()"
