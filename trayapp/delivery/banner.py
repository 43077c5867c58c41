"""The text of notifications, and the one function that makes strangers' text harmless in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trayapp.dataclass import dataclass, replace
from trayapp.domain.records.levels import Level


@dataclass(frozen=True, slots=True)
class Banner:
    """One notification, in plain text; names in it may come from strangers."""

    key: str
    """The incident: a banner takes the place of an earlier one with the same key."""
    title: str
    body: str
    level: Level
    actions: tuple[tuple[str, str], ...] = ()
    """Buttons as (key, label), in order; the key "default" means the banner itself."""


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The outcome of sending a banner to one sink."""

    delivered: bool
    reason: str
    """Who shows it, or why nobody does: one line."""


_APP_NAME = "Memtray"
_LONGEST_FACT = 8000
_BLANKS = re.compile(r"[\x00\t\v\f\r\n\x85\u2028\u2029 ]+")
_BLANKS_IN_LINES = re.compile(r"[\x00\t\v\f\r ]+")
_LINE_ENDS = re.compile(r" ?[\n\x85\u2028\u2029][ \n\x85\u2028\u2029]*")
# What is left of the control characters, and halves of surrogate pairs (undecodable bytes).
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# They could show the rest of a sentence of ours backwards.
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


def plain(text: str, limit_units: int, *, keep_lines: bool = False) -> str:
    """Make `text` safe to show anywhere: nothing in it acts, it only reads.

    Blanks of any kind, NUL and line ends become one blank (with `keep_lines`, line ends stay, but
    no empty lines), other control characters and lone surrogates become "�", bidirectional
    overrides vanish. Longer text is cut to `limit_units` UTF-16 units, as Windows counts, and
    ends in "…".
    """
    text = text[: 4 * limit_units]  # Enough, whatever vanishes; a name can be megabytes long.
    text = _BIDI_OVERRIDES.sub("", text)
    if keep_lines:
        text = _LINE_ENDS.sub("\n", _BLANKS_IN_LINES.sub(" ", text))
    else:
        text = _BLANKS.sub(" ", text)
    return _cut(_UNPRINTABLE.sub("�", text).strip(), limit_units)


def presentable(banner: Banner, *, title_units: int, body_units: int) -> Banner:
    """Return the banner as a notification service may be given it: see `plain`.

    The title is one line, never empty, and does not start with "-" like an option.
    """
    title = plain(banner.title, title_units) or _APP_NAME
    if title.startswith("-"):
        title = plain(f"{_APP_NAME}: {title}", title_units)
    return replace(
        banner,
        title=title,
        body=plain(banner.body, body_units, keep_lines=True),
        actions=tuple((key, plain(label, 40) or key) for key, label in banner.actions),
    )


def bounded(facts: Mapping[str, str | float]) -> dict[str, str | float]:
    """Cut each text to 8,000 characters; a process may call itself by megabytes."""
    return {
        key: value[:_LONGEST_FACT] if isinstance(value, str) else value
        for key, value in facts.items()
    }


def one_line(banner: Banner) -> str:
    """Return the banner in one line, for terminals and log files."""
    shown = presentable(banner, title_units=200, body_units=1000)
    body = shown.body.replace("\n", " · ")
    return f"{shown.title}: {body}" if body else shown.title


def _cut(text: str, limit_units: int) -> str:
    if _utf16_units(text) <= limit_units:
        return text
    text = text[: limit_units - 1]
    while _utf16_units(text) > limit_units - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
