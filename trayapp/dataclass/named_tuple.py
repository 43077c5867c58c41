"""Named tuples that share their methods, as dataclasses do; otherwise the standard library's."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from trayapp.dataclass.plan import Plan, take_annotations

_getters: list[Any] = []
"""What reads the first, the second and so on: the same for all named tuples."""


def _getter(index: int) -> Any:
    from collections import _tuplegetter  # type: ignore[attr-defined]

    while len(_getters) <= index:
        _getters.append(_tuplegetter(len(_getters), ""))
    return _getters[index]


class _Tuple(tuple[Any, ...]):
    """The methods of all named tuples, until one is made often enough to get its own `__new__`."""

    __slots__ = ()
    __plan__: Plan
    _fields: tuple[str, ...]
    _field_defaults: Mapping[str, Any]

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        plan = cls.__plan__
        given = dict(zip(plan.names, args, strict=False))
        values = {**plan.defaults, **given, **kwargs}
        fits = len(given) == len(args) and given.keys().isdisjoint(kwargs)
        # A call that is wrong goes on to compiled code as well: Python itself says best how it is.
        if plan.is_used_often() or not fits or values.keys() != set(plan.names):
            from trayapp.dataclass.compiling import compile_method

            made = compile_method(plan, "__new__")
            plan.owner.__new__ = staticmethod(made)
            return made(cls, *args, **kwargs)
        return tuple.__new__(cls, [values[name] for name in plan.names])

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Any:
        made = tuple.__new__(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **kwargs: Any) -> Any:
        made = self._make(map(kwargs.pop, self._fields, self))
        if kwargs:
            wrong = TypeError if sys.version_info >= (3, 13) else ValueError
            raise wrong(f"Got unexpected field names: {list(kwargs)!r}")
        return made

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        shown = zip(self._fields, self, strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown)})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


class _Making(type):
    """Makes a named tuple of each class that inherits from `NamedTuple`."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if not bases:
            return type.__new__(cls, name, bases, body)
        if bases != (NamedTuple,):
            raise TypeError(f"{name}: a named tuple inherits from NamedTuple alone")
        names = tuple(take_annotations(body))
        plan = Plan(names, frozen=True)
        if defaults := {each: body[each] for each in names if each in body}:
            plan.defaults = defaults
        body |= {each: _getter(index) for index, each in enumerate(names)}
        body |= {
            "__slots__": (),
            "__plan__": plan,
            "__match_args__": names,
            "_fields": names,
            "_field_defaults": plan.defaults,
        }
        plan.owner = type.__new__(type, name, (_Tuple,), body)
        return plan.owner


class NamedTuple(metaclass=_Making):
    """To be inherited from, as `typing.NamedTuple` is."""


@contextmanager
def for_other_modules() -> Iterator[None]:
    """Let modules of others that are imported within inherit from this NamedTuple. Any thread.

    The standard library's compiles the names of types, and the first call of `compile` makes all
    classes of syntax trees: 224 KiB for good.
    """
    theirs = typing.NamedTuple
    typing.NamedTuple = NamedTuple  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        typing.NamedTuple = theirs  # type: ignore[misc]
