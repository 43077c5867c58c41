"""Huge pages that were set aside, whether anybody uses them or not."""

from __future__ import annotations

import os
from collections.abc import Iterator

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import AccountPart
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look
from trayapp.readers.procfile import read_number


class HugePages(NamedTuple):
    """Pages of all sizes, in bytes."""

    total_bytes: int
    free_bytes: int
    promised_bytes: int
    """Part of the free ones: mapped by somebody who has not touched them yet."""


def read(look: Look) -> Iterator[AccountPart]:
    """Yield the pages in use, those promised, and those that nobody uses."""
    pages = read_huge_pages(look)
    unused_bytes = max(0, pages.free_bytes - pages.promised_bytes)
    advice = _("Lower vm.nr_hugepages if no program is going to use them.")
    parts = (
        AccountPart(
            key="hugepages.unused",
            title=_("Reserved, used by nobody"),
            size_bytes=unused_bytes,
            sentence=_("No program has asked for them."),
            advice=advice,
        ),
        AccountPart(
            key="hugepages.promised",
            title=_("Promised to programs"),
            size_bytes=pages.free_bytes - unused_bytes,
        ),
        AccountPart(
            key="hugepages.used",
            title=_("In use"),
            size_bytes=pages.total_bytes - pages.free_bytes,
        ),
    )
    yield AccountPart(
        key="hugepages",
        title=_("Reserved huge pages"),
        size_bytes=pages.total_bytes,
        sentence=_("Set aside for programs that ask for huge pages; nothing else can use them."),
        advice=advice if unused_bytes else "",
        parts=tuple(part for part in parts if part.size_bytes),
    )


def read_huge_pages(look: Look) -> HugePages:
    """Return the pages of all sizes; those of the usual size where no others are told."""
    folder = f"{look.root}/sys/kernel/mm/hugepages"
    total_bytes = free_bytes = promised_bytes = 0
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return HugePages(look.sum_of("Hugetlb"), 0, 0)
    for name in names:
        size = name.removeprefix("hugepages-").removesuffix("kB")
        page_bytes = int(size) * 1024 if size.isdigit() else 0
        counts = [
            read_number(f"{folder}/{name}/{count}_hugepages") or 0
            for count in ("nr", "free", "resv")
        ]
        total_bytes += counts[0] * page_bytes
        free_bytes += counts[1] * page_bytes
        promised_bytes += counts[2] * page_bytes
    return HugePages(total_bytes, free_bytes, min(promised_bytes, free_bytes))
