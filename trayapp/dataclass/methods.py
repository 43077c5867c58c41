"""The methods that all dataclasses share, until one is used often enough to get its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.dataclass.plan import MISSING, Plan, values_of

_set = object.__setattr__
_bases: dict[tuple[bool, bool, bool, bool], type] = {}


class FrozenInstanceError(AttributeError):
    """A field of a frozen dataclass was to be set or deleted."""


def _own(plan: Plan, method: str) -> Any:
    """Give a class its own method, and return that."""
    from trayapp.dataclass.compiling import compile_method

    made = compile_method(plan, method)
    setattr(plan.owner, method, made)
    return made


def _initialize(self: Any, /, *args: Any, **kwargs: Any) -> None:
    plan: Plan = self.__record__
    given = dict(zip(plan.positional, args, strict=False))
    values = {**plan.defaults, **given, **kwargs}
    fits = len(given) == len(args) and given.keys().isdisjoint(kwargs)
    # A call that is wrong goes on to compiled code as well: Python itself says best how it is.
    if plan.is_used_often() or not fits or values.keys() != set(plan.names):
        _own(plan, "__init__")(self, *args, **kwargs)
        return
    for name in plan.names:
        value = values[name]
        if value is MISSING and (make := plan.factory(name)):
            value = make()
        _set(self, name, value)
    if hasattr(plan.owner, "__post_init__"):
        self.__post_init__()


def _hash(self: Any) -> int:
    plan: Plan = self.__record__
    if plan.is_used_often():
        return int(_own(plan, "__hash__")(self))
    return hash(values_of(self, plan.compared()))


def _comparison(method: str) -> Callable[[Any, Any], Any]:
    """Return the comparison of two instances as tuples, by a method of tuples."""
    compare = getattr(tuple, method)

    def compare_records(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        plan: Plan = self.__record__
        if plan.is_used_often():
            return _own(plan, method)(self, other)
        names = plan.compared()
        return compare(values_of(self, names), values_of(other, names))

    return compare_records


def _represent(self: Any) -> str:
    plan: Plan = self.__record__
    names = [name for name in plan.names if plan.field(name).repr]
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    plan: Plan = self.__record__
    if type(self) is plan.owner or name in plan.names:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    _set(self, name, value)


def _refuse_to_delete(self: Any, name: str) -> None:
    plan: Plan = self.__record__
    if type(self) is plan.owner or name in plan.names:
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _get_state(self: Any) -> list[Any]:
    return list(values_of(self, self.__record__.names))


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record__.names, state, strict=True):
        _set(self, name, value)


class _MatchArguments:
    """The fields that a class pattern matches by position."""

    __slots__ = ()

    def __get__(self, instance: object, owner: Any) -> tuple[str, ...]:
        plan: Plan = owner.__record__
        return plan.positional


class _StandardFields:
    """What the standard library's functions look for, made when one of them does."""

    __slots__ = ()

    def __get__(self, instance: object, owner: Any) -> dict[str, Any]:
        from trayapp.dataclass.standard import standard_fields

        return standard_fields(owner.__record__)


_COMPARISONS = {name: _comparison(name) for name in ("__lt__", "__le__", "__gt__", "__ge__")}
_EQUALITY = _comparison("__eq__")
_LOCK = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _get_state,
    "__setstate__": _set_state,
}


def shared_methods(frozen: bool, eq: bool, order: bool, repr: bool) -> dict[str, Any]:  # noqa: A002
    """Return the methods of a dataclass with these parameters."""
    found: dict[str, Any] = {
        "__init__": _initialize,
        "__match_args__": _MatchArguments(),
        "__dataclass_fields__": _StandardFields(),
    }
    if eq:
        found |= {"__eq__": _EQUALITY, "__hash__": _hash if frozen else None}
    if order:
        found |= _COMPARISONS
    if repr:
        found["__repr__"] = _represent
    if frozen:
        found |= _LOCK
    return found


def shared_base(frozen: bool, eq: bool, order: bool, repr: bool) -> type:  # noqa: A002
    """Return a class with these methods, to inherit from: smaller than a copy for each class."""
    key = (frozen, eq, order, repr)
    if key not in _bases:
        body = {"__slots__": (), "__module__": __name__, **shared_methods(*key)}
        _bases[key] = type("Dataclass", (), body)
    return _bases[key]
