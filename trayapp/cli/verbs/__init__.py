"""Every verb of the command line: a file per family, a line here per verb.

Only the verb that was asked for is imported; the list of all of them needs nothing but this page.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from trayapp.language.catalogue import N_
from trayapp.windows import WINDOWS

if TYPE_CHECKING:
    import argparse


class Verb(Protocol):
    """One verb: the options it takes and what it does, made without arguments."""

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of this verb."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit code; `options.verb` is the name it was called by.

        Raises: MemtrayError, OSError, KeyboardInterrupt.
        """


class VerbLine(NamedTuple):
    """How a verb is listed, and where its class is."""

    name: str
    place: str
    """Module in this package, and the class in it that is a `Verb`."""
    help: str = ""
    """A text for `_`; empty: not a verb for people, so it is not listed."""

    def load(self) -> Verb:
        """Import the module of the verb, and make the verb."""
        module, _dot, name = self.place.partition(".")
        verb: Verb = getattr(import_module(f"{__name__}.{module}"), name)()
        return verb


VERBS: tuple[VerbLine, ...] = (
    VerbLine("start", "start.Start", N_("start the applet (exit 3: it runs already)")),
    VerbLine("status", "status.Status", N_("what the running applet sees (exit 3: none runs)")),
    VerbLine(
        "health",
        "status.Health",
        N_("one look without the applet: exit 0 good, 1 warning, 2 critical or worse"),
    ),
    VerbLine(
        "cleanup", "cleanup.Cleanup", N_("free memory and report how much was actually freed")
    ),
    VerbLine(
        "gc", "cleanup.OwnCleanup", N_("free memory of Memtray itself, as `memtray cleanup` does")
    ),
    VerbLine("trends", "trends.Trends", N_("open the trend window, or save it as a picture")),
    *(VerbLine(one.verb, "windows.PlainWindow", one.help) for one in WINDOWS if one.help),
    VerbLine("details", "windows.Details", N_("one target in a window: runs, health, changes")),
    VerbLine("compact", "windows.Compact", N_("a small window that stays on top")),
    VerbLine("statistics", "windows.Statistics", N_("what Memtray did so far, as a small window")),
    VerbLine("snapshot", "tracking.Snapshot", N_("write everything that is known now to a file")),
    VerbLine("pause", "tracking.Order", N_("stop taking samples until `memtray resume`")),
    VerbLine("resume", "tracking.Order", N_("take samples again")),
    VerbLine("debug", "tracking.Debug", N_("log what is matched and why, and timings")),
    VerbLine("alerts", "alerts.Alerts", N_("switch alerts, or show what was told and why")),
    VerbLine("settings", "setup.Settings", N_("every setting in a window")),
    VerbLine("targets", "targets.Targets", N_("list the targets, or try out a rule")),
    VerbLine("doctor", "setup.Doctor", N_("check what Memtray needs on this machine")),
    VerbLine("autostart", "setup.Autostart", N_("start at login")),
    VerbLine(
        "record",
        "recording.Record",
        N_("record processes up to a thousand times a second, into .memrec or .csv"),
    ),
    VerbLine(
        "run",
        "recording.Run",
        N_("run a command; say, or restart it, when it takes too much memory"),
    ),
    VerbLine(
        "analyze",
        "recording.Analyze",
        N_("judge recordings: exit 0 healthy, 1 leaking, 2 unreadable, 4 not enough to judge"),
    ),
    VerbLine("gallery", "export.Gallery", N_("draw every look of the icon on one sheet")),
    VerbLine(
        "export", "export.Export", N_("write the history to a workbook, a table or a document")
    ),
    VerbLine(
        "report",
        "export.Report",
        N_("write what happened to memory, findings first, as a page to send"),
    ),
    VerbLine("quit", "tracking.Order", N_("end the running applet")),
    VerbLine("popup", "windows.Popup"),
    VerbLine("deliver", "delivery.Deliver"),
)
