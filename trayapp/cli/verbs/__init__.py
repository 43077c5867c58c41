"""Every verb of the command line: a file per family, a line here per verb.

Only the verb that was asked for is imported; the list of all of them needs nothing but this page.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from trayapp.dataclass import NamedTuple
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
    VerbLine("start", "start.Start", N_("Start Memtray (exit code 3: it is already running)")),
    VerbLine(
        "status",
        "status.Status",
        N_("Show memory, programs and open incidents (exit code 3: Memtray is not running)"),
    ),
    VerbLine(
        "health",
        "status.Health",
        N_(
            "Check this machine's memory once, without a running Memtray (exit code 0 "
            "good, 1 warning, 2 critical or worse)"
        ),
    ),
    VerbLine(
        "cleanup", "cleanup.Cleanup", N_("Free memory and report how much was actually freed")
    ),
    VerbLine("end", "acting.End", N_("End a program, after asking you")),
    VerbLine(
        "restart", "acting.Restart", N_("Restart a program that `memtray run` or systemd started")
    ),
    VerbLine("folder", "acting.Folder", N_("Open the folder of a program")),
    VerbLine("gc", "cleanup.OwnCleanup", N_("Free Memtray's own memory, like `memtray cleanup`")),
    VerbLine("trends", "trends.Trends", N_("Open the trend window, or save it as a picture")),
    *(VerbLine(one.verb, "windows.PlainWindow", one.help) for one in WINDOWS if one.help),
    VerbLine(
        "details", "windows.Details", N_("Show one program in a window: runs, health, changes")
    ),
    VerbLine("runs", "runs.Runs", N_("List the runs of tracked programs: health and phases")),
    VerbLine("where", "where.Where", N_("Show where all memory of this machine is")),
    VerbLine("compact", "windows.Compact", N_("Open a small window that stays on top")),
    VerbLine("windows", "windows.Places", N_("Reset the positions and sizes of all windows")),
    VerbLine("dashboard", "serving.Dashboard", N_("Open the dashboard in a browser")),
    VerbLine(
        "serve",
        "serving.Serve",
        N_("Serve the dashboard, an API and metrics over HTTP until ended"),
    ),
    VerbLine(
        "statistics", "windows.Statistics", N_("Open a window with what Memtray has done so far")
    ),
    VerbLine("snapshot", "tracking.Snapshot", N_("Write everything known right now to a file")),
    VerbLine("pause", "tracking.Order", N_("Stop sampling until `memtray resume`")),
    VerbLine("resume", "tracking.Order", N_("Resume sampling")),
    VerbLine(
        "debug", "tracking.Debug", N_("Log which processes match and why, and how long things take")
    ),
    VerbLine(
        "alerts", "alerts.Alerts", N_("Switch, snooze or acknowledge alerts, or show the alert log")
    ),
    VerbLine("advice", "advice.Advice", N_("Show what to do about memory, do it, or put it aside")),
    VerbLine(
        "learned", "advice.Learned", N_("Show, freeze or reset what is usual for tracked programs")
    ),
    VerbLine("settings", "setup.Settings", N_("Open the settings window")),
    VerbLine("targets", "targets.Targets", N_("List tracked programs, or test a rule")),
    VerbLine("demo", "demo.Demo", N_("Watch a small program leak for three minutes")),
    VerbLine("doctor", "setup.Doctor", N_("Check that this machine has what Memtray needs")),
    VerbLine("autostart", "setup.Autostart", N_("Start Memtray at login, or not")),
    VerbLine(
        "record",
        "recording.Record",
        N_("Record processes, up to a thousand samples a second, into .memrec or .csv"),
    ),
    VerbLine(
        "run",
        "guarding.Run",
        N_("Run a command with a memory limit; warn or restart it when it goes over"),
    ),
    VerbLine(
        "investigate",
        "investigating.Investigate",
        N_("Show what a Python program's memory consists of, or a file of JSON lines"),
    ),
    VerbLine(
        "dump",
        "investigating.Dump",
        N_("Write the memory of a Java, Node.js or Python program to a file, after asking you"),
    ),
    VerbLine(
        "attach",
        "guarding.Attach",
        N_("Start the Python probe in a program that runs already (Python 3.14 or later)"),
    ),
    VerbLine(
        "analyze",
        "recording.Analyze",
        N_(
            "Check recordings for leaks (exit code 0 healthy, 1 leaking, 2 unreadable, "
            "4 not enough data)"
        ),
    ),
    VerbLine("day", "log.Day", N_("Show one day of the history, by hour and by task")),
    VerbLine("log", "log.Log", N_("Find the task that keeps memory, in daily memory logs")),
    VerbLine("gallery", "export.Gallery", N_("Draw every state of the icon on one sheet")),
    VerbLine(
        "export", "export.Export", N_("Export the history as a workbook, a table or a document")
    ),
    VerbLine(
        "report",
        "export.Report",
        N_("Write a report to send to others, findings first"),
    ),
    VerbLine(
        "completion",
        "completion.Completion",
        N_("Print what completes commands in bash, zsh or fish"),
    ),
    VerbLine("help", "help.Help", N_("Show the manual, or what it says of a command")),
    VerbLine("profile", "profile.Profile", N_("List profiles, or switch to another")),
    VerbLine("quit", "tracking.Order", N_("Quit Memtray")),
    VerbLine("popup", "windows.Popup"),
    VerbLine("deliver", "delivery.Deliver"),
    VerbLine("set-limit", "advice.SetLimit"),
    VerbLine("set-exception", "advice.SetException"),
)
