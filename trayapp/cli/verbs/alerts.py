"""`memtray alerts`: switching alerts, and the log of what was sent, done, or not and why."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trayapp.cli.options import add_json, ask_applet, placeholder, print_answer
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.domain.records.series import Event

_ACTIONS = ("on", "off", "snooze", "ack", "resolve", "log")
_LONG_NAMES = {"acknowledge": "ack"}
"""Words that are understood as well, and what they stand for."""


class Alerts:
    """`memtray alerts`: switch alerts in the applet, or print the log from the history.

    Raises: UsageError, NotRunningError, HistoryError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("what", choices=(*_ACTIONS, *_LONG_NAMES), metavar=placeholder(_ACTIONS))
        add(
            "argument",
            nargs="?",
            metavar="1h|ID",
            help=_(
                "how long to snooze; or which incident to acknowledge or resolve (its key "
                "in `memtray status`)"
            ),
        )
        add("target", nargs="?", metavar="TARGET", help=_("snooze only alerts about this program"))

    def run(self, options: Namespace) -> int:
        options.what = _LONG_NAMES.get(options.what, options.what)
        if options.what == "log":
            events = _journal(current_paths().history_file)
            return print_answer(
                options,
                [_as_json(event) for event in events],
                lambda: [_log_line(event) for event in events] or [_("No alerts so far.")],
            )
        incident = options.argument if options.what in ("ack", "resolve") else None
        answer = ask_applet(
            "alerts",
            what=options.what,
            seconds=_snooze_seconds(options),
            target=options.target,
            incident=incident,
        )
        return print_answer(options, answer, lambda: _answer_lines(answer))


def _snooze_seconds(options: Namespace) -> float | None:
    """Return for how long to snooze. Raises: UsageError if the argument does not fit the verb."""
    what, argument = options.what, options.argument
    if what == "snooze":
        if not argument:
            raise UsageError(_("snooze for how long? For example: memtray alerts snooze 1h"))
        try:
            return parse_duration(argument)
        except ValueError as error:
            raise UsageError(str(error)) from error
    if what in ("on", "off"):
        if argument is not None:
            text = _("{command} takes no duration")
            raise UsageError(text.format(command=f"`memtray alerts {what}`"))
    elif not argument:
        text = _("which incident? For example: memtray alerts {what} growth:NAME")
        raise UsageError(text.format(what=what))
    return None


def _answer_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    if "resolved" in answer:
        yield _("Resolved: {title}").format(title=answer["resolved"]["title"])
        return
    if "acknowledged" in answer:
        yield _("Acknowledged: {title}").format(title=answer["acknowledged"]["title"])
        return
    alerts = answer["alerts"]
    if alerts["off"]:
        yield _("Alerts are off.")
        return
    if alerts["snoozed_until"] is None:
        yield _("Alerts are on.")
    else:
        until = _clock("%H:%M", alerts["snoozed_until"])
        yield _("All alerts are snoozed until {time}.").format(time=until)
    for name, wall_seconds in alerts["snoozed_targets"].items():
        text = _("Alerts about {name} are snoozed until {time}.")
        yield text.format(name=repr(name), time=_clock("%H:%M", wall_seconds))


def _journal(history_file: Path) -> tuple[Event, ...]:
    from trayapp.domain.judging.transitions import JOURNAL_KINDS
    from trayapp.history.reader import HistoryReader

    with HistoryReader(history_file) as reader:
        return tuple(reader.events(0.0, time.time() + 1.0, kinds=JOURNAL_KINDS))


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


def _log_line(event: Event) -> str:
    from trayapp.domain.judging.transitions import LEVEL, decision_said
    from trayapp.domain.records.levels import level_said

    line, data = event.text, event.data
    if event.kind in ("alert", LEVEL):
        text = _("{title}: {what}")
        if data.get("reason"):
            # Translators: an alert and what became of it, as "Memory is short: held (quiet hours)".
            text = _("{title}: {what} ({reason})")
        what = decision_said(str(data.get("what")))
        line = text.format(title=event.text, what=what, reason=data.get("reason"))
    level = level_said(event.level or str(event.data.get("incident_level") or ""))
    return f"{_clock('%H:%M:%S', event.wall_seconds)}  {level:9}  {line}"


def _clock(time_format: str, wall_seconds: float) -> str:
    return time.strftime(f"%Y-%m-%d {time_format}", time.localtime(wall_seconds))
