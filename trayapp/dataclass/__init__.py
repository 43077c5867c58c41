"""Dataclasses and named tuples that cost nothing at import, otherwise the standard library's.

The standard library writes and compiles six methods of each dataclass while its module is imported,
and loads `inspect` to do so. Here, classes share their methods; one that is used often gets methods
of its own, compiled for its fields, when that pays.

Named tuples are made likewise: those of the standard library compile each name of a type, too.

What differs: classes always have slots (`slots=True` must be written, for type checkers),
`__annotations__` is not kept, and of the parameters only those that Memtray uses exist. Type
checkers see the standard library's names. Its functions take these dataclasses as well.
"""

from __future__ import annotations

from trayapp.dataclass.functions import take_metadata

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
    from typing import NamedTuple
else:
    from trayapp.dataclass.functions import asdict, field, fields, replace
    from trayapp.dataclass.making import dataclass
    from trayapp.dataclass.methods import FrozenInstanceError
    from trayapp.dataclass.named_tuple import NamedTuple

__all__ = [
    "FrozenInstanceError",
    "NamedTuple",
    "asdict",
    "dataclass",
    "field",
    "fields",
    "replace",
    "take_metadata",
]
