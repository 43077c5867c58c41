"""Writing many figures at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def texts_of(column: Sequence[float], text_of: Callable[[float], str]) -> list[str]:
    """Return the text of each figure, made once for those that are alike."""
    texts = {value: text_of(value) for value in set(column)}
    return list(map(texts.__getitem__, column))
