"""The fields of a dataclass as the standard library knows them, for its own functions."""

from __future__ import annotations

import dataclasses
from typing import Any

from trayapp.dataclass.plan import MISSING, Plan


def standard_fields(plan: Plan) -> dict[str, Any]:
    """Return what the standard library keeps as `__dataclass_fields__`; types are not known."""
    found: dict[str, Any] = {}
    for name in plan.names:
        each = plan.field(name)
        one: Any = dataclasses.field(
            default=_standard(each.default),
            default_factory=_standard(each.default_factory),
            repr=each.repr,
            compare=each.compare,
            metadata=each.metadata,
            kw_only=name not in plan.positional,
        )
        one.name, one.type = name, Any
        one._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
        found[name] = one
    return found


def _standard(value: Any) -> Any:
    return dataclasses.MISSING if value is MISSING else value
