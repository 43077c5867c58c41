"""What a notification says: the figure that matters and the act that helps, in one glance.

Desktops cut a longer body off, and what is last is what is lost. What a verdict rests on is for
the details.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import listed, paragraph

MOST_CHARACTERS = 120


def brief(*sentences: str | Sequence[str]) -> str:
    """Return as many whole sentences as a notification has room for, the first one always.

    sentences: what matters most first; of alternatives, the longest first, one is taken.
    """
    text = ""
    for sentence in sentences:
        for each in (sentence,) if isinstance(sentence, str) else sentence:
            longer = paragraph(text, each)
            if not text or len(longer) <= MOST_CHARACTERS:
                text = longer
                break
    return text


def fewer_and_fewer(template: str, names: Sequence[str]) -> Iterator[str]:
    """Yield a sentence about all these names, about all but the last, and so on.

    template: has a place for {names}.
    """
    for count in range(len(names), 0, -1):
        yield template.format(names=listed(names[:count]))


def brief_name(name: str) -> str:
    """Return a stranger's name as short as three of them fit into a notification."""
    return shown_name(name, 24)
