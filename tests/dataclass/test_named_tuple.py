"""Our named tuples do what those of the standard library do."""

from __future__ import annotations

import copy
import pickle
import typing
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trayapp.dataclass
from trayapp.dataclass.named_tuple import for_other_modules

OFTEN = 200
"""Times made after which a class has a `__new__` of its own."""
SOURCE = """
class Pair(NamedTuple):
    \"\"\"Two of a kind.\"\"\"

    x: int
    y: int = 3

    @property
    def total(self):
        return self.x + self.y

class Single(NamedTuple):
    x: int

class Nothing(NamedTuple):
    pass

class Below(Pair):
    __slots__ = ()
"""
NAMES = ("Pair", "Single", "Nothing", "Below")


def classes(base: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"NamedTuple": base, "__name__": __name__}
    exec("from __future__ import annotations\n" + SOURCE, known)  # noqa: S102
    return known


STANDARD = classes(typing.NamedTuple)
OURS = classes(trayapp.dataclass.NamedTuple)
USED = classes(trayapp.dataclass.NamedTuple)
for _ in range(OFTEN):
    USED["Pair"](1), USED["Single"](1), USED["Nothing"](), USED["Below"](1)


def outcome(action: Callable[[], Any]) -> Any:
    """Return what something gives, or the kind and text of what it raises."""
    try:
        return action()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error).__name__, str(error)


def everything(kind: Any, args: tuple[Any, ...], kwargs: dict[str, int]) -> Any:
    """Return what can be seen of an instance made with these arguments."""
    made = outcome(partial(kind, *args, **kwargs))
    if type(made) is not kind:
        return made[0], made[1].replace("<lambda>", "__new__")
    return (
        repr(made),
        tuple(made),
        made == tuple(made),
        hash(made),
        made._fields,
        made._field_defaults,
        kind.__match_args__,
        made._asdict(),
        [getattr(made, name) for name in made._fields],
        repr(outcome(partial(made._replace, x=9))),
        outcome(partial(made._replace, nothing=9)),
        repr(outcome(partial(kind._make, args))),
        outcome(partial(setattr, made, "x", 1))[:1],
        outcome(lambda: made.total),
        hasattr(made, "__dict__"),
        kind.__name__,
        kind.__qualname__,
        kind.__module__,
        kind.__doc__ if kind.__doc__ == "Two of a kind." else None,
        repr(made._replace(**made._asdict())),
        (*made, 1),
    )


@pytest.mark.parametrize("name", NAMES)
@given(
    args=st.lists(st.integers(-2, 2) | st.text(max_size=1), max_size=3).map(tuple),
    kwargs=st.dictionaries(st.sampled_from("xyz"), st.integers(-2, 2), max_size=3),
)
def test_an_instance_or_an_error_is_that_of_the_standard_library(
    name: str, args: tuple[Any, ...], kwargs: dict[str, int]
) -> None:
    wanted = everything(STANDARD[name], args, kwargs)
    assert everything(OURS[name], args, kwargs) == wanted
    assert everything(USED[name], args, kwargs) == wanted


def test_instances_can_be_copied_and_pickled() -> None:
    globals()["Pair"] = OURS["Pair"]
    try:
        one = OURS["Pair"](4)
        again = pickle.loads(pickle.dumps(one))  # noqa: S301
        assert copy.copy(one) == copy.deepcopy(one) == again == one
        assert type(again) is OURS["Pair"]
    finally:
        del globals()["Pair"]


def test_types_need_not_be_text() -> None:
    """Where annotations are not imported from `__future__`, Python 3.14 keeps a function."""
    known: dict[str, Any] = {"NamedTuple": trayapp.dataclass.NamedTuple, "__name__": __name__}
    source = "class Pair(NamedTuple):\n x: int\n y: int = 3\n"
    exec(compile(source, "source", "exec", dont_inherit=True), known)  # noqa: S102
    assert known["Pair"](1) == (1, 3)


def test_a_named_tuple_inherits_from_nothing_else() -> None:
    class Mixed:
        pass

    base: Any = trayapp.dataclass.NamedTuple
    with pytest.raises(TypeError, match="alone"):
        type(base)("Both", (base, Mixed), {})


def test_other_modules_get_them_only_while_they_are_imported() -> None:
    theirs = typing.NamedTuple
    with pytest.raises(KeyError), for_other_modules():
        assert typing.NamedTuple is trayapp.dataclass.NamedTuple
        raise KeyError
    assert typing.NamedTuple is theirs
