"""Remote channels, seen from the applet: what to send waits on disk, and children send it.

One child per channel, so that none waits for another; nothing here waits for a child.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from trayapp.dataclass import dataclass, field, replace
from trayapp.delivery.banner import plain
from trayapp.delivery.child import Child
from trayapp.delivery.retries import Retries
from trayapp.delivery.sinks import Surroundings, TransitionSink
from trayapp.delivery.spool import Spool
from trayapp.domain.judging.alerting import Announcement
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Event, JsonValue
from trayapp.language.catalogue import _, ngettext
from trayapp.log import Log
from trayapp.settings.records import Settings

CHILD_LIMIT_SECONDS = 600.0
"""A child that takes longer hangs and is killed; it would have stopped before that."""
SENT = 0
CANNOT_WORK = 2
"""Exit codes of a child; any other means: try again later."""

CHANNEL = "channel"
"""The kind of the events about them."""

_SWEEP_SECONDS = 600.0
_logger = Log(__name__)


def open_sink(surroundings: Surroundings) -> Outbox:
    assert surroundings.start_delivery is not None  # noqa: S101 - who forwards messages has it
    return Outbox(
        surroundings.paths.outbox, surroundings.start_delivery, record=surroundings.record
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteChannel:
    """A remote channel as the applet knows it: without its address."""

    name: str
    level: Level = Level.WARNING
    """The least that is sent."""
    resolved: bool = True
    """Send also that an incident is resolved."""

    def wants(self, transition: Transition) -> bool:
        return transition.level >= self.level and (self.resolved or transition.kind != "resolved")


@dataclass(slots=True)
class _Line:
    """The state of a remote channel's deliveries."""

    channel: RemoteChannel
    waiting: int = 0
    retries: Retries = field(default_factory=Retries)
    child: Child | None = None
    started_seconds: float = 0.0
    problem: str | None = None
    overflowed: bool = False


class Outbox(TransitionSink):
    """Keeps what remote channels are to be sent until their children have sent it. Any thread."""

    def __init__(
        self,
        folder: Path,
        start: Callable[[str], Child],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        record: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """`start(channel name)` starts a child, see `start_child`; may raise OSError.

        `record` gets what became of each alert, for the journal; in whatever thread calls.
        """
        self._spool = Spool(folder)
        self._start = start
        self._clock = clock
        self._wall_clock = wall_clock
        self._record = record
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._orphans: list[Child] = []
        self._next_sweep_seconds = clock()

    @property
    def problems(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(line.problem for line in self._lines.values() if line.problem)

    def follow(self, settings: Settings) -> None:
        self.set_channels(
            RemoteChannel(name=each.name, level=Level[each.level.upper()], resolved=each.resolved)
            for each in settings.channels
        )

    def set_channels(self, channels: Iterable[RemoteChannel]) -> None:
        """Send to these from now on, and at once what waits for them since an earlier run.

        To be called again when the settings have changed: a channel that failed gets a new chance.
        """
        with self._lock:
            before, self._lines = self._lines, {}
            for channel in channels:
                line = before.pop(channel.name, None) or _Line(channel)
                self._lines[channel.name] = replace(
                    line,
                    channel=channel,
                    retries=Retries(),
                    problem=None,
                    waiting=len(self._spool.entries(channel.name)),
                )
            for gone in before.values():
                if gone.child is not None:
                    gone.child.kill()
                    self._orphans.append(gone.child)

    def send(self, transition: Transition, /) -> None:
        """Queue it for every channel that wants it, as a small file for each."""
        with self._lock:
            for line in self._lines.values():
                if line.channel.wants(transition):
                    self._keep(line, transition)
        self.tick()

    def note_held(self, announcement: Announcement, wall_seconds: float) -> None:
        with self._lock:
            names = [
                line.channel.name
                for line in self._lines.values()
                if announcement.incident.level >= line.channel.level
            ]
        incident = announcement.incident
        for name in names:
            self._record_event(
                name,
                _("{name}: not sent: {title}").format(name=name, title=incident.title),
                wall_seconds,
                subject=incident.subject,
                level=incident.level,
                data={
                    "incident": incident.key,
                    "about": incident.identity,
                    "outcome": "held",
                    "reason": announcement.reason,
                },
            )

    def tick(self) -> None:
        """Let go of children that ended and start those that are due.

        With nothing to send this costs microseconds.
        """
        with self._lock:
            now = self._clock()
            for line in self._lines.values():
                if line.child is not None:
                    self._check_child(line, line.child, now)
                if line.child is None and line.waiting and line.retries.is_due(now):
                    self._start_child(line, now)
            self._orphans = [child for child in self._orphans if child.poll() is None]
            if now >= self._next_sweep_seconds:
                self._next_sweep_seconds = now + _SWEEP_SECONDS
                self._sweep()

    def close(self) -> None:
        """End all children; unsent alerts wait for the next run."""
        with self._lock:
            for child in [*self._orphans, *(line.child for line in self._lines.values())]:
                if child is not None:
                    child.end()
            self._orphans = []
            for line in self._lines.values():
                line.child = None

    def _keep(self, line: _Line, transition: Transition) -> None:
        name = line.channel.name
        try:
            dropped = self._spool.put(name, transition)
        except OSError as error:
            _logger.error("an alert for %r is lost, it cannot be kept: %s", name, error.strerror)
            self._note(line, transition, "lost", error.strerror)
            return
        self._note(line, transition, "queued")
        line.waiting += 1 - dropped
        if dropped and not line.overflowed:
            _logger.warning("too many alerts wait for %r: the least severe are dropped", name)
        line.overflowed = bool(dropped)

    def _note(
        self, line: _Line, transition: Transition, outcome: str, reason: str | None = None
    ) -> None:
        name = line.channel.name
        text = (
            _("{name}: waiting to be sent: {title}")
            if reason is None
            else _("{name}: lost: {title}")
        )
        self._record_event(
            name,
            text.format(name=name, title=transition.title),
            transition.wall_seconds,
            subject=transition.subject,
            level=transition.level,
            data={
                "incident": transition.key,
                "about": transition.about or None,
                "transition": transition.kind,
                "outcome": outcome,
                "reason": reason,
            },
        )

    def _note_channel(self, line: _Line, outcome: str, text: str, reason: str | None) -> None:
        data: dict[str, JsonValue] = {"outcome": outcome, "reason": reason, "waiting": line.waiting}
        self._record_event(line.channel.name, text, self._wall_clock(), data=data)

    def _record_event(
        self,
        channel: str,
        text: str,
        wall_seconds: float,
        *,
        subject: str = "",
        level: Level | None = None,
        data: Mapping[str, JsonValue],
    ) -> None:
        self._record(
            Event(
                wall_seconds=wall_seconds,
                kind=CHANNEL,
                subject=subject,
                level="" if level is None else level.label,
                text=text,
                data={"channel": channel, **data},
            )
        )

    def _start_child(self, line: _Line, now_seconds: float) -> None:
        try:
            line.child = self._start(line.channel.name)
            line.started_seconds = now_seconds
        except OSError as error:
            reason = _("cannot start a process: {reason}").format(reason=error.strerror)
            self._on_failure(line, line.retries.after_failure(now_seconds), reason)

    def _check_child(self, line: _Line, child: Child, now_seconds: float) -> None:
        code = child.poll()
        is_late = now_seconds - line.started_seconds >= CHILD_LIMIT_SECONDS
        if code is None:
            if is_late:
                child.kill()
            return
        line.child = None
        before, line.waiting = line.waiting, len(self._spool.entries(line.channel.name))
        reason = child.complaint()
        if code == CANNOT_WORK:
            self._on_failure(line, line.retries.after_refusal(now_seconds), reason)
        elif code != SENT or line.waiting >= before > 0:
            if is_late:
                minutes = round(CHILD_LIMIT_SECONDS / 60)
                reason = ngettext(
                    "took longer than {count} minute", "took longer than {count} minutes", minutes
                ).format(count=minutes)
            self._on_failure(line, line.retries.after_failure(now_seconds), reason)
        else:
            if line.problem:
                _logger.warning("alerts reach %r again", line.channel.name)
            sent = before - line.waiting
            text = ngettext("{name}: {count} alert sent", "{name}: {count} alerts sent", sent)
            shown = text.format(name=line.channel.name, count=sent)
            self._note_channel(line, "sent", shown, None)
            line.retries, line.problem = Retries(), None

    def _on_failure(self, line: _Line, retries: Retries, reason: str) -> None:
        line.retries = retries
        problem = _("Alerts do not reach {name}: {reason}").format(
            name=repr(line.channel.name),
            reason=plain(reason, 500) or _("ended without an error message"),
        )
        if problem != line.problem:
            _logger.warning("%s", problem)
            self._note_channel(line, "failed", problem, plain(reason, 500))
        line.problem = problem

    def _sweep(self) -> None:
        if dropped := self._spool.drop_outdated(self._wall_clock()):
            _logger.warning("%d alerts were not sent for a day and are dropped", dropped)
            for line in self._lines.values():
                line.waiting = len(self._spool.entries(line.channel.name))
