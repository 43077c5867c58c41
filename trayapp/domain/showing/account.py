"""The account of all memory as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.domain.records.account import Account, AccountPart
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import N_, _, format_count, paragraph
from trayapp.language.units import format_percent, format_size

MOST_LINES = 10
"""Of the parts of one part, for people; `--json` has all of them."""
_COMES_BACK = {
    "at once": N_("comes back at once"),
    "when written": N_("comes back when written"),
    "no": N_("stays"),
}
_CELLS = {"at once": N_("at once"), "when written": N_("when written"), "no": N_("no")}


def comes_back_text(part: AccountPart) -> str:
    """Return whether it comes back, in a few words; empty where its parts differ."""
    return "" if part.comes_back is None else _(_COMES_BACK[part.comes_back])


def comes_back_cell(part: AccountPart) -> str:
    """Return the same below a heading that asks it."""
    return "" if part.comes_back is None else _(_CELLS[part.comes_back])


def size_text(part: AccountPart) -> str:
    """Return its size, with a mark where that is estimated."""
    size = format_size(part.size_bytes)
    return _("about {size}").format(size=size) if part.is_estimated else size


def figures_text(part: AccountPart) -> str:
    """Return what else is known of a program; empty for other parts."""
    if part.rss_bytes is None:
        return ""
    return _("private {private}, resident {resident}").format(
        private=format_size(part.private_bytes), resident=format_size(part.rss_bytes)
    )


def explanation(part: AccountPart) -> str:
    """Return what it is, what can be done about it, and what is missing."""
    return paragraph(part.sentence or figures_text(part), part.advice, part.note)


def account_lines(account: Account) -> Iterator[str]:
    """Yield the account for a terminal, the largest parts first."""
    total = format_size(account.total_bytes)
    yield _("{total} of memory, by what it is used for:").format(total=total)
    for part in in_order(account):
        yield ""
        share = format_percent(part.size_bytes / account.total_bytes, 1)
        said = ", ".join(filter(None, (share, comes_back_text(part))))
        yield f"{size_text(part):>12}  {part.title} ({said})"
        if text := explanation(part):
            yield f"{'':12}  {text}"
        yield from _below(part, 1)
    if account.container is not None:
        yield ""
        yield f"{size_text(account.container):>12}  {account.container.title}"
        yield f"{'':12}  {explanation(account.container)}"
        yield from _below(account.container, 1)


def in_order(account: Account) -> list[AccountPart]:
    """Return the parts largest first, the unexplained one last."""
    *known, rest = account.parts
    return [*sorted(known, key=lambda part: -part.size_bytes), rest]


def _below(part: AccountPart, depth: int) -> Iterator[str]:
    indent = "  " * depth
    # A line about one more would take the room of that one.
    shown = len(part.parts) if len(part.parts) <= MOST_LINES + 1 else MOST_LINES
    for each in part.parts[:shown]:
        text = explanation(each)
        said = f": {text}" if text else ""
        yield f"{indent}{size_text(each):>12}  {shown_name(each.title, 60)}{said}"
        if not each.key.startswith(("target:", "application:")):
            yield from _below(each, depth + 1)
    if count := len(part.parts) - shown:
        left = sum(each.size_bytes for each in part.parts[shown:])
        text = _("{count} more").format(count=format_count(count))
        yield f"{indent}{format_size(left):>12}  {text}"
