"""The account of all memory in a report: rows of a table, the largest parts first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import Account, AccountPart
from trayapp.domain.showing.account import (
    comes_back_cell,
    explanation,
    in_order,
    size_text,
)
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent

MOST_BELOW = 5
"""So many parts of each part are shown; all others together are what is missing to it."""


class AccountRow(NamedTuple):
    """A part of the memory."""

    is_below: bool
    """Whether it is part of the row before it that is not."""
    title: str
    key: str
    size_bytes: int
    size: str
    share: str
    comes_back: str
    text: str
    """What it is and what can be done about it."""


def account_headings() -> list[str]:
    return [_("Part"), _("Size"), _("Share"), _("Comes back"), ""]


def account_rows(
    account: Account, clean: Callable[[str], str], *, is_private: bool
) -> Iterator[AccountRow]:
    """Yield the parts, and below each its largest; of a private report none of those.

    clean: makes texts of strangers fit to be shown.
    """
    for part in in_order(account):
        yield _row(account, part, clean, is_below=False)
        for each in () if is_private else part.parts[:MOST_BELOW]:
            yield _row(account, each, clean, is_below=True)


def _row(
    account: Account, part: AccountPart, clean: Callable[[str], str], *, is_below: bool
) -> AccountRow:
    return AccountRow(
        is_below,
        clean(part.title),
        clean(part.key),
        part.size_bytes,
        size_text(part),
        format_percent(part.size_bytes / account.total_bytes, 1),
        comes_back_cell(part),
        clean(explanation(part)),
    )
