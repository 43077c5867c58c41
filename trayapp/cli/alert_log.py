"""`memtray alerts log`: which levels were reached, what was told of them, done, or not and why."""

from __future__ import annotations

import json
import time
from pathlib import Path

from trayapp.domain.records.levels import level_said
from trayapp.domain.records.series import Event
from trayapp.domain.records.transitions import JOURNAL_KINDS, LEVEL, decision_said
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _


def print_alert_log(history_file: Path, *, as_json: bool) -> None:
    """Print the whole journal, oldest first. Raises: HistoryError."""
    with HistoryReader(history_file) as reader:
        events = reader.events(0.0, time.time() + 1.0, kinds=JOURNAL_KINDS)
    if as_json:
        # Lone surrogates in names do not stop it.
        print(json.dumps([_as_json(event) for event in events], indent=2))
        return
    for event in events:
        print(_line(event))
    if not events:
        print(_("No alerts so far."))


def _as_json(event: Event) -> dict[str, object]:
    return {
        "at": event.wall_seconds,
        "kind": event.kind,
        "subject": event.subject,
        "level": event.level or event.data.get("incident_level") or "",
        "title": event.text,
        "what": event.data.get("outcome"),
        **event.data,
    }


def _line(event: Event) -> str:
    level = level_said(event.level or str(event.data.get("incident_level") or ""))
    return f"{_clock(event.wall_seconds)}  {level:9}  {_told(event)}"


def _told(event: Event) -> str:
    if event.kind not in ("alert", LEVEL):
        return event.text
    # Translators: an alert and what became of it, such as "Memory is short: held (quiet hours)".
    text = _("{title}: {what} ({reason})") if event.data.get("reason") else _("{title}: {what}")
    what = decision_said(str(event.data.get("what")))
    return text.format(title=event.text, what=what, reason=event.data.get("reason"))


def _clock(wall_seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_seconds))
