"""The account of all memory: parts that add up to what the machine has, and what each of them is.

Every byte is in one part of the top level. What nobody tells of is a part as well, the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from trayapp.dataclass import dataclass, replace
from trayapp.language.catalogue import _

ComesBack = Literal["at once", "when written", "no"]
"""Whether the system gives it to a program that asks for memory, without anybody's doing."""
UNEXPLAINED = "unexplained"
"""The key of what is left over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPart:
    """A part of the memory, with what it consists of."""

    key: str
    """Names it for good, for machines: "page_cache"; strangers' names may follow a colon."""
    title: str
    """For people, in their language; strangers may have written it."""
    size_bytes: int
    comes_back: ComesBack | None = "no"
    """None: some of its parts do, others do not."""
    sentence: str = ""
    """What it is, in one plain sentence; empty where the title says it."""
    advice: str = ""
    """What can be done about it; empty: nothing need be."""
    note: str = ""
    """What keeps details from being shown, such as missing rights; empty: nothing does."""
    is_estimated: bool = False
    rss_bytes: int | None = None
    """Of a program: its resident sets, in which shared pages count in full."""
    private_bytes: int | None = None
    """Of a program: what only it has; None where that was not read."""
    parts: tuple[AccountPart, ...] = ()
    """What it consists of, largest first; they add up to it, where the system tells of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where all memory is, at one moment."""

    total_bytes: int
    parts: tuple[AccountPart, ...]
    """They add up to `total_bytes`; the last is what is unexplained."""
    container: AccountPart | None = None
    """What the container that Memtray runs in is charged for: its own view, beside the account,
    which is then its host's. None: there is none."""

    @property
    def unexplained_bytes(self) -> int:
        """What is in no part; below 0 where the kernel has counted something twice."""
        return next((part.size_bytes for part in self.parts if part.key == UNEXPLAINED), 0)


def account_of(
    total_bytes: int, parts: Iterable[AccountPart], container: AccountPart | None = None
) -> Account:
    """Return the account with what the parts leave unexplained, never spread over them."""
    known = tuple(part for part in parts if part.size_bytes)
    left_bytes = total_bytes - sum(part.size_bytes for part in known)
    sentence = _("Taken by drivers or firmware; the system does not say by which.")
    if left_bytes < 0:
        sentence = _("Some memory was counted twice, as it changed while it was read.")
    rest = AccountPart(
        key=UNEXPLAINED,
        title=_("Unexplained"),
        size_bytes=left_bytes,
        sentence=sentence,
        advice=_("If it keeps growing, a driver may be leaking: update it or restart the machine.")
        if left_bytes > total_bytes // 20
        else "",
    )
    return Account(total_bytes=total_bytes, parts=(*known, rest), container=container)


def largest_and_rest(
    parts: Iterable[AccountPart], most: int, whole_bytes: int, rest: AccountPart
) -> tuple[AccountPart, ...]:
    """Return the largest of these, and what is left of the whole as a last part like `rest`."""
    shown = sorted(parts, key=lambda part: -part.size_bytes)[:most]
    left_bytes = whole_bytes - sum(part.size_bytes for part in shown)
    if left_bytes <= 0:
        return tuple(shown)
    return (*shown, replace(rest, size_bytes=left_bytes))


def account_json(account: Account) -> dict[str, object]:
    """Return the account for machines; keys carry units, texts are for people."""
    told: dict[str, object] = {
        "total_bytes": account.total_bytes,
        "unexplained_bytes": account.unexplained_bytes,
        "parts": [part_json(part) for part in account.parts],
    }
    if account.container is not None:
        told["container"] = part_json(account.container)
    return told


def part_json(part: AccountPart) -> dict[str, object]:
    """Return one part for machines; what only some have is only in those."""
    told: dict[str, object] = {
        "key": part.key,
        "title": part.title,
        "bytes": part.size_bytes,
        "comes_back": part.comes_back,
        "sentence": part.sentence,
        "advice": part.advice,
    }
    if part.note:
        told["note"] = part.note
    if part.is_estimated:
        told["estimated"] = True
    if part.rss_bytes is not None:
        told["rss_bytes"] = part.rss_bytes
        told["private_bytes"] = part.private_bytes
    told["parts"] = [part_json(each) for each in part.parts]
    return told
