"""Memory that nobody uses: free, and waiting in the lists of each processor."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.domain.records.account import AccountPart
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look


def read(look: Look) -> Iterator[AccountPart]:
    """Yield what is free; the pages in the processors' lists are in no figure of the kernel's."""
    yield AccountPart(
        key="free",
        title=_("Free"),
        size_bytes=look.known("MemFree") or 0,
        comes_back="at once",
        sentence=_("Used for nothing."),
    )
    yield AccountPart(
        key="per_cpu_lists",
        title=_("Free, kept ready for each processor"),
        size_bytes=_listed_pages(look) * look.page_bytes,
        comes_back="at once",
        sentence=_("Pages that each processor keeps at hand; counted neither free nor available."),
    )


def _listed_pages(look: Look) -> int:
    fields = (line.split() for line in look.zoneinfo.split(b"\n"))
    return sum(int(each[1]) for each in fields if len(each) == 2 and each[0] == b"count:")
