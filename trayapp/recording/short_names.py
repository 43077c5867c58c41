"""Names in a narrow column: where several look alike once they are cut, what tells them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from trayapp.domain.records.names import short_name

_WORD = re.compile(r"[^\s,;{}\"=]+")
_LONGEST = 60


def distinct_names(names: Sequence[str], width: int) -> list[str]:
    """The same names, each at most `width` long if they can be told apart so; else whole.

    Of names that begin alike the words that all of them have are left out; what is still too long
    or alike is shown whole, up to 60 characters of it, from its end where that is what differs.
    """
    shown = [short_name(name, width) for name in names]
    for group in _alike(shown):
        whole = [names[at] for at in group]
        if len({*whole}) == 1:
            continue
        for at, name in zip(group, _by_what_differs(whole, width), strict=True):
            shown[at] = name
    return shown


def _alike(shown: Sequence[str]) -> list[list[int]]:
    """Places of names that are shown alike."""
    counts = Counter(shown)
    return [
        [at for at, name in enumerate(shown) if name == alike]
        for alike, count in counts.items()
        if count > 1
    ]


def _by_what_differs(names: Sequence[str], width: int) -> list[str]:
    words = [_WORD.findall(short_name(name, 2000)) for name in names]
    common = set(words[0]).intersection(*words[1:])
    told = [" ".join(word for word in one if word not in common) for one in words]
    if all(told):
        for most in (width, _LONGEST):
            cut = [short_name(name, most) for name in told]
            if len({*cut}) == len({*told}):
                return cut
    ends = [name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}" for name in names]
    return [short_name(name, _LONGEST) for name in ends]
