"""All mistakes of one settings file, so that a person can correct them in one round."""

from __future__ import annotations

from trayapp.settings.kinds import RefusedError

MOST_MISTAKES = 20
"""That are told of one file."""


class Mistakes:
    """Collects what is refused where it is entered, so that reading goes on behind it.

    The last that is collected ends the reading: to find what an unknown name is most like takes a
    millisecond, and a file has room for a hundred thousand.
    """

    def __init__(self) -> None:
        self.found: list[RefusedError] = []
        self.flawed: set[str] = set()
        """Tables that have one, or whose channels, hooks or targets do."""
        self._table = ""

    def of(self, table: str) -> Mistakes:
        """Return what is entered for a part of this table; "": for what concerns several."""
        self._table = table
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, RefusedError):
            return False
        self.add(error)
        self.flawed.add(self._table)
        return len(self.found) < MOST_MISTAKES

    def add(self, error: RefusedError) -> None:
        """Keep it, unless it has come through another entrance already."""
        if error not in self.found:
            self.found.append(error)
