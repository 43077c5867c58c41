"""The ways an alert reaches a person or a program: one file each, and one line in `SINKS`.

A sink's file has `open_sink(surroundings)`, which takes from the settings whatever it needs. The
file is imported only when its line says that the sink is wanted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.delivery.banner import Banner, DeliveryResult
from trayapp.delivery.child import Child
from trayapp.domain.judging.alerting import Announcement
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.series import Event
from trayapp.paths import Paths, current_paths
from trayapp.settings.records import Settings

Alert = TypeVar("Alert", contravariant=True)
Hears = Literal["banners", "desktop", "transitions", "messages"]
"""Banners go to every sink for "banners", and to the first for "desktop" that takes them; the
notifier thread. "transitions" are levels reached, whatever banners do; "messages" are transitions
for people far away, who are spared at quiet hours; the sampler thread."""


class Sink(Protocol[Alert]):
    """An open way out for alerts, be they banners or transitions."""

    def send(self, alert: Alert, /) -> object:
        """Deliver one alert without raising and without waiting for long."""


class TransitionSink(Sink[Transition]):
    """A sink for transitions or messages; the defaults fit one that keeps nothing waiting."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each thing that does not work now. Any thread."""
        return ()

    def follow(self, settings: Settings) -> None:
        """Adopt settings: once after opening, and whenever they have changed."""

    def note_held(self, announcement: Announcement, wall_seconds: float) -> None:
        """Record why people are not sent a message about an incident now."""

    def tick(self) -> None:
        """Continue whatever is still waiting; called every few seconds."""

    def close(self) -> None:
        """Let go of everything; after the last alert, from any thread."""


class ButtonPressed(NamedTuple):
    """A person chose a button of a banner."""

    banner_key: str
    action_key: str


class Available(NamedTuple):
    """The service appeared or answers again, so waiting banners may be tried at once."""


class DesktopSink(Sink[Banner]):
    """A sink that shows banners on the desktop; the defaults fit one that only shows text.

    Everything but `status` and `is_ready` is for the notifier thread only.
    """

    status: str
    """One line for people: who shows the banners, or why nobody does. Any thread."""
    is_ready: bool
    """Whether somebody is there to show banners, as far as is known. Any thread."""

    def prepare(self) -> None:
        """Find out who shows the banners; the outcome is in `status`."""

    def send(self, banner: Banner, /) -> DeliveryResult:
        """Show the banner in place of the earlier one with its key."""
        raise NotImplementedError

    def withdraw(self, key: str) -> None:
        """Take the banner off the screen if it is there and the sink can."""

    def finish(self, banner: Banner) -> None:
        """Replace the banner with this key if it is on the screen, else show nothing."""

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when `take_events` has something, or None."""
        return None

    def take_events(self) -> list[ButtonPressed | Available]:
        """Return what has happened since the last call; never waits."""
        return []

    def close(self) -> None:
        """Take everything off the screen, as nobody would answer its buttons, and let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything that sinks may need from whoever opens them."""

    platform: str = sys.platform
    settings: Settings = field(default_factory=Settings)
    paths: Paths = field(default_factory=current_paths)
    log: Callable[[str], object] = lambda _: None
    """Takes one line for the log file."""
    print_between: Callable[[Callable[[], None]], None] = lambda write: write()
    """Surrounds each write to the terminal."""
    icon_file: Path | None = None
    """Shown in banners, where the desktop shows one."""
    icon_notify: Callable[[str, str], None] | None = None
    """The tray icon's own way to show a title and a text; the notifier thread."""
    record: Callable[[Event], None] = lambda _: None
    """Takes what became of each alert, for the journal of alerts; any thread."""
    start_delivery: Callable[[str], Child] | None = None
    """Starts `memtray deliver` for the channel with this name. Raises: OSError."""

    @property
    def has_session_bus(self) -> bool:
        """Whether desktop services are asked over D-Bus here."""
        # Not loaded before there is a bus.
        return self.platform == "linux" and PathFinder.find_spec("jeepney") is not None


@dataclass(frozen=True, slots=True)
class SinkKind:
    """A line of `SINKS`: who hears what, and when it is loaded at all."""

    name: str
    """Its module in this room."""
    hears: Hears
    is_wanted: Callable[[Surroundings], object] = lambda _: True

    def open(self, surroundings: Surroundings) -> Any:
        """Import the module and open its sink, as described above."""
        return import_module(f"{__name__}.{self.name}").open_sink(surroundings)


SINKS = (
    SinkKind("log", "banners"),
    SinkKind("console", "banners"),
    SinkKind("session_bus", "desktop", lambda here: here.has_session_bus),
    SinkKind("plyer", "desktop", lambda here: not here.has_session_bus),
    SinkKind("tray_icon", "desktop", lambda here: here.icon_notify),
    SinkKind("json_lines", "transitions", lambda here: here.settings.delivery.json_lines),
    SinkKind("journal", "transitions", lambda here: here.settings.delivery.system_journal),
    # What an earlier run has left waiting is sent as well.
    SinkKind("remote", "messages", lambda at: at.settings.channels or at.paths.outbox.exists()),
)
"""In the order in which they are served."""


def open_sinks(hears: Hears, surroundings: Surroundings) -> list[Any]:
    """Open every sink that hears this and is wanted, in the order of `SINKS`."""
    return [
        kind.open(surroundings)
        for kind in SINKS
        if kind.hears == hears and kind.is_wanted(surroundings)
    ]
