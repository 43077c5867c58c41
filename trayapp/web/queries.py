"""The parameters of a request: checked, as they may be anything."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams

from trayapp.language.catalogue import _
from trayapp.web.problems import ProblemError

LONGEST_TEXT = 500
MOST_VALUES = 100
LATEST_SECONDS = 1e11
"""Wall times end here, in thousands of years."""
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
"""As JSON writes numbers, within reason."""
_WHOLE = re.compile(r"[0-9]{1,9}")


class Query:
    """Reads parameters, and refuses those that there are not. Raises: ProblemError."""

    def __init__(self, params: QueryParams, known: Sequence[str]) -> None:
        self._params = params
        for name in params:
            if name not in known:
                text = _("{name} is not a parameter; valid names here: {known}")
                shown = repr(name[:50])
                raise ProblemError(422, text.format(name=shown, known=", ".join(known) or "–"))

    def moment(self, name: str, default: float) -> float:
        """Return wall seconds."""
        found = self._one(name)
        if found is None:
            return default
        if not _NUMBER.fullmatch(found) or not 0 <= float(found) <= LATEST_SECONDS:
            raise _wrong(name, _("seconds since 1970"))
        return float(found)

    def span(self, default_seconds: float) -> tuple[float, float]:
        """Return "from" and "to", by default the last stretch of time of this length.

        What ends before it begins has nothing in it.
        """
        until = self.moment("to", time.time())
        return self.moment("from", max(0.0, until - default_seconds)), until

    def count(self, name: str, default: int, low: int, high: int) -> int:
        found = self._one(name)
        if found is None:
            return default
        if not _WHOLE.fullmatch(found) or not low <= int(found) <= high:
            raise _wrong(name, _("a whole number from {low} to {high}").format(low=low, high=high))
        return int(found)

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of the choices, by default the first."""
        found = self._one(name)
        if found is None:
            return choices[0]
        if found not in choices:
            raise _wrong(name, ", ".join(choices))
        return found

    def text(self, name: str) -> str:
        return self._one(name) or ""

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that may be repeated; empty ones do not count."""
        found = self._params.getlist(name)
        if len(found) > MOST_VALUES or any(len(each) > LONGEST_TEXT for each in found):
            raise _wrong(name, _("shorter texts, and fewer"))
        return list(dict.fromkeys(each for each in found if each))

    def _one(self, name: str) -> str | None:
        found = self._params.getlist(name)
        if not found:
            return None
        if len(found) > 1:
            raise _wrong(name, _("one value"))
        if len(found[0]) > LONGEST_TEXT:
            raise _wrong(name, _("a shorter text"))
        return found[0]


def number_in(content: dict[str, Any], name: str, low: float, high: float) -> float:
    """Return a number of a request's body. Raises: ProblemError."""
    found = content.get(name)
    is_flag = isinstance(found, bool)
    if is_flag or not isinstance(found, (int, float)) or not low <= found <= high:
        reach = _("a number from {low} to {high}").format(low=f"{low:g}", high=f"{high:g}")
        raise _wrong(name, reach)
    return float(found)


def texts_in(content: dict[str, Any], name: str) -> list[str]:
    """Return a list of texts of a request's body; missing: an empty one. Raises: ProblemError."""
    found = content.get(name, [])
    is_list = isinstance(found, list) and len(found) <= MOST_VALUES
    if not is_list or not all(
        isinstance(each, str) and 0 < len(each) <= LONGEST_TEXT for each in found
    ):
        raise _wrong(name, _("a list of texts"))
    return [str(each) for each in found]


def choice_in(content: dict[str, Any], name: str, choices: Sequence[str]) -> str:
    """Return one of the choices of a request's body, by default the first. Raises: ProblemError."""
    found = content.get(name, choices[0])
    if not isinstance(found, str) or found not in choices:
        raise _wrong(name, ", ".join(choices))
    return found


def flag_in(content: dict[str, Any], name: str) -> bool:
    """Return true or false of a request's body, by default false. Raises: ProblemError."""
    found = content.get(name, False)
    if not isinstance(found, bool):
        raise _wrong(name, "true, false")
    return found


def require_known(content: dict[str, Any], known: Sequence[str]) -> None:
    """Refuse keys that mean nothing: who writes them means something. Raises: ProblemError."""
    for name in content:
        if name not in known:
            text = _("{name} is not a parameter; valid names here: {known}")
            shown = repr(name[:50])
            raise ProblemError(422, text.format(name=shown, known=", ".join(known) or "–"))


def _wrong(name: str, allowed: str) -> ProblemError:
    return ProblemError(422, _("{name} must be: {allowed}").format(name=name, allowed=allowed))
