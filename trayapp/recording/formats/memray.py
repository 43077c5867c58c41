"""The page that `memray flamegraph` or `memray table` writes, in which the memory over time stands.

Tried with memray 1.20. Resident set and heap are read, of every moment that memray kept. Its
captures (.bin) and `memray stats` hold no memory over time that could be read, and are refused.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

NAME = "memray"
EXPECTS = N_("a page of memray flamegraph")
_RECORDS = "memory_records = [["
_RECORD = re.compile(r"\[(\d+(?:\.\d+)?),\s*(\d+),\s*(\d+)\]")
_KEPT = 64
_PAGE_TOP = 60_000
_CAPTURE = b"memray"
_LZ4 = b"\x04\x22\x4d\x18"


def resembles(start: Start) -> float:
    if _is_capture(start) or _is_stats(start):
        return 1.0
    top = start.text[:_PAGE_TOP].lower()
    return 1.0 if top.startswith("<!doctype html") and "memray" in top else 0.0


def _is_capture(start: Start) -> bool:
    raw = start.raw
    return raw.startswith(_CAPTURE) or (raw.startswith(_LZ4) and _CAPTURE in raw[:40])


def _is_stats(start: Start) -> bool:
    top = start.text[:_PAGE_TOP]
    if start.is_json:
        return '"total_bytes_allocated"' in top[:400] and '"total_num_allocations"' in top[:400]
    return "Total allocations:" in top[:400] and "Peak memory usage:" in top[:2000]


def read(source: Source, found: Gathering) -> None:
    if _is_capture(source.start):
        raise source.refusal(
            _("{path} is a memray capture; use the page that memray flamegraph creates from it")
        )
    if _is_stats(source.start):
        raise source.refusal(
            _(
                "{path} is from memray stats, which has totals but no memory over time; "
                "use the page of memray flamegraph"
            )
        )
    resident = found.series("rss", _("resident set"), kind="resident set")
    heap = found.series("heap", _("heap"), kind="heap")
    rest, is_inside = "", False
    for piece in source.pieces():
        text = rest + piece
        if not is_inside:
            at = text.find(_RECORDS)
            if at < 0:
                rest = text[-_KEPT:]
                continue
            text, is_inside = text[at + len(_RECORDS) - 2 :], True
        end = text.find("]]")
        whole = text if end < 0 else text[: end + 2]
        last = 0
        for match in _RECORD.finditer(whole):
            at_seconds = found.moment(float(match[1]) / 1000)
            resident.add(at_seconds, float(match[2]))
            heap.add(at_seconds, float(match[3]))
            last = match.end()
        if end >= 0:
            return
        rest = whole[last:][-_KEPT * 4 :]
