"""Objects of JSON with a time and sizes of memory: one per line, or in a list, of any logger.

Keys of objects within are joined by dots ("memory.rss"), and read as the titles of a table are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.meaning import meaning_of
from trayapp.recording.reading import json_values
from trayapp.recording.rows import STUDIED_ROWS, Rows
from trayapp.recording.source import Source, Start
from trayapp.recording.time_titles import is_time_title

NAME = "JSON"
EXPECTS = N_("objects of JSON with a time and a size of memory each")
_MOST_KEYS = 400
_MOST_DEPTH = 6


def resembles(start: Start) -> float:
    if not start.is_json:
        return 0.0
    place = _place_of_records(start.text)
    return 0.0 if place is None else 0.55


def read(source: Source, found: Gathering) -> None:
    place = _place_of_records(source.start.text) or "*"
    records = _records(source, found, place)
    first = list(islice(records, STUDIED_ROWS))
    titles = list(dict.fromkeys(key for _number, record in first for key in record))[:_MOST_KEYS]
    rows = Rows(found, titles, instructions=source.instructions)
    for number, record in chain(first, records):
        rows.add_row(number, [record.get(title, "") for title in titles])
    rows.finish()


def _records(source: Source, found: Gathering, place: str) -> Iterator[tuple[int, dict[str, str]]]:
    for number, _place, value in json_values(source, found, place):
        if isinstance(value, dict):
            yield number, _flat(value, {})
        else:
            found.pass_over(number, str(value)[:60], _("not an object"))


def _flat(
    value: Mapping[str, Any], flat: dict[str, str], prefix: str = "", depth: int = 0
) -> dict[str, str]:
    """Put every figure and text into `flat`, by its keys from the top, joined by dots."""
    for key, one in value.items():
        if isinstance(one, str):
            flat[prefix + key] = one
        elif isinstance(one, dict):
            if depth < _MOST_DEPTH:
                _flat(one, flat, f"{prefix}{key}.", depth + 1)
        elif not isinstance(one, list):
            flat[prefix + key] = "" if one is None or isinstance(one, bool) else repr(one)
    return flat


def _place_of_records(text: str) -> str | None:
    """Return the pattern of `JsonStream.values` for the objects; None if there are none."""
    if text.startswith("{"):
        line = text.split("\n", 1)[0]
        try:
            whole = json.loads(line)
        except ValueError:
            whole = None
        if isinstance(whole, dict) and _is_record(whole):
            return "*"
        at = _list_in(text)
        return at if at is not None else None
    first = _first_object(text)
    return "*.*" if first is not None and _is_record(first) else None


def _list_in(text: str) -> str | None:
    """The key of a list of objects near the top of a document, as a pattern."""
    decoder = json.JSONDecoder()
    at = 0
    while (found := text.find("[", at)) >= 0:
        key = text[:found].rstrip().rstrip(":").rstrip()
        start = key.rfind('"', 0, len(key) - 1)
        first = text.find("{", found)
        if key.endswith('"') and start >= 0 and first >= 0 and not text[found + 1 : first].strip():
            try:
                value, _end = decoder.raw_decode(text, first)
            except ValueError:
                return None
            name = key[start + 1 : -1]
            depth = key.count("{") - key.count("}")
            if isinstance(value, dict) and _is_record(value) and "." not in name and depth >= 1:
                return ".".join(["*"] * depth + [name, "*"])
        at = found + 1
        if at > 20_000:
            return None
    return None


def _first_object(text: str) -> dict[str, Any] | None:
    at = text.find("{")
    if at < 0 or text[1:at].strip():
        return None
    try:
        value, _end = json.JSONDecoder().raw_decode(text, at)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_record(value: Mapping[str, Any]) -> bool:
    titles = list(_flat(value, {}))[:_MOST_KEYS]
    return any(map(is_time_title, titles)) and any(
        meaning_of(title).kind is not None for title in titles
    )
