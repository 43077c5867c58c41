"""The command line: one verb each for everything the tray offers, for people and for scripts."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trayapp import __version__
from trayapp.errors import MemtrayError, UsageError, WindowError
from trayapp.language.catalogue import _
from trayapp.language.startup import speak_as_set
from trayapp.paths import current_paths

if TYPE_CHECKING:
    import argparse

    from trayapp.recording.instructions import Instructions
    from trayapp.settings import UiSettings
    from trayapp.windows.table import LiveOptions

_CLEANUP_TIMEOUT_SECONDS = 120.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Every error of ours is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if any(argument.startswith("--profile") for argument in arguments):
            from trayapp.applet.profiles import take_profile

            arguments = take_profile(arguments, os.environ)
        speak_as_set(_config_of(arguments) or current_paths().settings_file)
        if arguments in ([], ["start"]):
            # What login and the launcher run: without the parser, which would stay resident.
            return _start_app(headless=False, interval_seconds=None, config=None)
        options = _parser().parse_args(arguments)
        run: Any = getattr(options, "run", None)
        if run is None:
            return _start(_parser().parse_args(["start", *arguments]))
        return int(run(options))
    except MemtrayError as error:
        print(f"memtray: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`memtray status | head -1`): nothing is wrong. What is
        # still buffered must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"memtray: {error}", file=sys.stderr)
        return 1


def _config_of(arguments: Sequence[str]) -> Path | None:
    """The settings file that is named, looked for before the parser, which speaks as it says."""
    for place, argument in enumerate(arguments):
        if argument == "--config" and arguments[place + 1 :]:
            return Path(arguments[place + 1])
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
        if argument == "--":
            break
    return None


def _parser() -> argparse.ArgumentParser:
    import argparse

    from trayapp.language.units import parse_duration

    def duration(text: str) -> float:
        try:
            return parse_duration(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    parser = argparse.ArgumentParser(
        prog="memtray",
        description=_(
            "A tray icon that watches memory and says so before it hurts. Without a verb: start it."
        ),
    )
    parser.add_argument("--version", action="version", version=f"memtray {__version__}")
    _add_start_options(parser, duration)
    verbs = parser.add_subparsers(title=_("verbs"), metavar="VERB")

    def verb(name: str, run: Any, text: str, *, json: bool = False) -> argparse.ArgumentParser:
        found = verbs.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        if json:
            found.add_argument("--json", action="store_true", help=_("print JSON, for machines"))
        return found

    start = verb("start", _start, _("start the applet (exit 3: it runs already)"))
    _add_start_options(start, duration)
    verb("status", _status, _("what the running applet sees (exit 3: none runs)"), json=True)
    verb(
        "health",
        _health,
        _("one look without the applet: exit 0 good, 1 warning, 2 critical or worse"),
        json=True,
    )
    cleanup = verb("cleanup", _cleanup, _("give memory back, and say honestly how much"), json=True)
    cleanup.add_argument("targets", nargs="*", metavar="TARGET", help=_("default: Memtray itself"))
    cleanup.add_argument("--all", action="store_true", help=_("Memtray itself and all targets"))
    gc = verb(
        "gc", _cleanup, _("free memory of Memtray itself, as `memtray cleanup` does"), json=True
    )
    gc.set_defaults(targets=[], all=False)
    trends = verb("trends", _trends, _("open the trend window, or save it as a picture"))
    trends.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET|FILE",
        help=_('a target, "system" or "memtray"; or recordings'),
    )
    trends.add_argument("--since", type=duration, metavar="2h", help=_("how far back"))
    trends.add_argument(
        "--at",
        type=_moment,
        metavar="TIME",
        help=_("mark a moment: 2026-11-20T14:30, or Unix time"),
    )
    trends.add_argument(
        "--kind", choices=("rss", "uss", "pss", "swap"), help=_("which memory of the targets")
    )
    trends.add_argument("--stacked", action="store_true", help=_("areas on top of each other"))
    trends.add_argument(
        "--runs", action="store_true", help=_("lay the runs of one target over each other")
    )
    trends.add_argument(
        "--save", type=Path, metavar="FILE.png|svg|pdf", help=_("no window, a file")
    )
    _add_reading_options(trends)
    theme = trends.add_mutually_exclusive_group()
    theme.add_argument("--dark", action="store_true", default=None, help=_("dark colours"))
    theme.add_argument("--light", action="store_false", dest="dark", help=_("light colours"))
    table = verb("table", _table, _("every target and application in one window"))
    _add_theme(table)
    details = verb("details", _details, _("one target in a window: runs, health, changes"))
    details.add_argument("name", metavar="NAME", help=_('a target, or "memtray"'))
    details.add_argument(
        "kind", nargs="?", choices=("target", "application"), default="target",
        help=_("what NAME is; default: a target"),
    )  # fmt: skip
    _add_theme(details)
    compact = verb("compact", _compact, _("a small window that stays on top"))
    compact.add_argument(
        "--reset", action="store_true", help=_("forget where it was; it goes back to its corner")
    )
    _add_theme(compact)
    verb("statistics", _statistics, _("what Memtray did so far, as a small window"), json=True)
    verb("snapshot", _snapshot, _("write everything that is known now to a file"), json=True)
    verb("pause", _pause, _("stop taking samples until `memtray resume`"))
    verb("resume", _resume, _("take samples again"))
    debug = verb("debug", _debug, _("log what is matched and why, and timings"), json=True)
    debug.add_argument("what", choices=("on", "off", "show"))
    debug.add_argument(
        "--lines", type=int, default=50, metavar="N", help=_("the newest N; default 50")
    )
    alerts = verb("alerts", _alerts, _("switch alerts, or show what was told and why"), json=True)
    alerts.add_argument("what", choices=("on", "off", "snooze", "ack", "resolve", "log"))
    alerts.add_argument(
        "argument",
        nargs="?",
        metavar="1h|ID",
        help=_("how long to snooze; which incident, by its key in `memtray status --json`"),
    )
    alerts.add_argument("target", nargs="?", metavar="TARGET", help=_("snooze only this one"))
    settings = verb("settings", _settings, _("every setting in a window"))
    settings.add_argument("--path", action="store_true", help=_("only print where the file is"))
    settings.add_argument("--edit", action="store_true", help=_("open the file in your editor"))
    settings.add_argument("--config", type=Path, metavar="FILE", help=_("another settings file"))
    _add_theme(settings)
    _add_target_verbs(verb("targets", _targets, _("list the targets, or try out a rule")))
    verb("doctor", _doctor, _("check what Memtray needs on this machine"), json=True)
    autostart = verb("autostart", _autostart, _("start at login"))
    autostart.add_argument("what", choices=("on", "off", "status"))
    record = verb(
        "record",
        _record,
        _("record processes up to a thousand times a second, into .memrec or .csv"),
        json=True,
    )
    record.add_argument("--pid", type=int, action="append", default=[], metavar="N")
    record.add_argument("--match", metavar="TEXT", help=_("all whose command line has this text"))
    record.add_argument(
        "--interval", type=duration, default=0.001, metavar="1ms", help=_("1ms to 1h; default 1ms")
    )
    record.add_argument(
        "--for", type=duration, dest="for_seconds", metavar="10s", help=_("default: until they end")
    )
    record.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.memrec|csv")
    record.add_argument(
        "command",
        nargs="*",
        metavar="-- COMMAND",
        help=_("run this and record it with its children"),
    )
    _add_run_options(
        verb(
            "run",
            _run_guarded,
            _("run a command; say, or restart it, when it takes too much memory"),
        )
    )
    analyze = verb(
        "analyze",
        _analyze,
        _("judge recordings: exit 0 healthy, 1 leaking, 2 unreadable, 4 not enough to judge"),
        json=True,
    )
    analyze.add_argument("files", nargs="+", type=Path, metavar="FILE")
    analyze.add_argument(
        "--expect-seconds",
        type=duration,
        default=0.0,
        metavar="SECONDS",
        help=_("exit 4 for what was watched for a shorter time"),
    )
    analyze.add_argument(
        "--fail-on",
        choices=("leaking", "growing"),
        default="leaking",
        help=_("what exit 1 is for (default: leaking)"),
    )
    _add_reading_options(analyze)
    gallery = verb("gallery", _gallery, _("draw every look of the icon on one sheet"))
    gallery.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png")
    export = verb("export", _export, _("write the history to a workbook, a table or a document"))
    _add_choice_options(export)
    export.add_argument("-o", "--output", type=Path, metavar="FILE.xlsx|csv|json|parquet")
    report = verb(
        "report",
        _report,
        _("write what happened to memory, findings first, as a page to send"),
        json=True,
    )
    _add_choice_options(report)
    report.add_argument("-o", "--output", type=Path, metavar="FILE.html|pdf|json")
    report.add_argument(
        "--private",
        action="store_true",
        help=_("without command lines, paths and the names of user and machine"),
    )
    verb("quit", _quit, _("end the running applet"))
    # Not for people: what the applet starts for a remote channel.
    verbs.add_parser("popup").set_defaults(run=_popup)
    deliver = verbs.add_parser("deliver")
    deliver.set_defaults(run=_deliver)
    deliver.add_argument("--config", type=Path, required=True)
    deliver.add_argument("channel")
    return parser


def _add_choice_options(parser: argparse.ArgumentParser) -> None:
    """What is exported or reported on."""
    import argparse

    from trayapp.export.moments import Moment, parse_moment

    def moment(text: str) -> Moment:
        try:
            return parse_moment(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    parser.add_argument(
        "targets", nargs="*", metavar="TARGET|FILE", help=_("default: all; or recordings")
    )
    parser.add_argument("--since", type=moment, metavar="24h", help=_("how far back, or from when"))
    # Not for people: how the window follows the command that it started.
    parser.add_argument("--progress", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--until", type=moment, metavar="1h", help=_("how long ago, or until when"))
    _add_reading_options(parser)


def _add_target_verbs(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title=_("verbs"), metavar="VERB", dest="what", required=True)
    listing = what.add_parser("list", help=_("every target, its rule and what it matches now"))
    test = what.add_parser("test", help=_("which running processes a rule matches (exit 1: none)"))
    test.add_argument("name", nargs="?", metavar="NAME", help=_("a target of the settings"))
    test.add_argument("--match", metavar="TEXT", help=_("all whose command line has this text"))
    test.add_argument("--regex", metavar="RE", help=_("all whose command line has a match of it"))
    for each in (listing, test):
        each.add_argument("--json", action="store_true", help=_("print JSON, for machines"))


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add what a person may say of recordings of others, where they do not say it themselves."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="TITLE",
        help=_("a column of memory in use, by its title (may be repeated)"),
    )
    parser.add_argument(
        "--unit", metavar="MiB", help=_("the unit of sizes that name none, such as kB or MiB")
    )
    parser.add_argument(
        "--group-by",
        action="append",
        default=[],
        metavar="TITLE",
        help=_("a column that says whose a row is (may be repeated)"),
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", help=_("of clocks without one, such as Europe/Berlin or UTC")
    )
    parser.add_argument(
        "--pattern",
        metavar="TEXT",
        help=_("how a line of a log is read, such as '{time:%%H:%%M:%%S} .* rss={MiB}'"),
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    import argparse

    from trayapp.language.units import parse_size

    def size(text: str) -> int:
        try:
            return parse_size(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    parser.add_argument("--high", type=size, metavar="500M", help=_("say so on standard error"))
    parser.add_argument("--critical", type=size, metavar="1G", help=_("say so more loudly"))
    parser.add_argument("--restart", action="store_true", help=_("end it and start it again then"))
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help=_("with its arguments"))


def _add_start_options(parser: argparse.ArgumentParser, duration: Any) -> None:
    parser.add_argument("--headless", action="store_true", help=_("no tray: run in the terminal"))
    parser.add_argument("--interval", type=duration, metavar="1s", help=_("0.2s to 30s"))
    parser.add_argument("--config", type=Path, metavar="FILE", help=_("another settings file"))
    # Taken out before the parser, as every verb has it; here for its help.
    parser.add_argument(
        "--profile", metavar="NAME", help=_("settings, history and windows of their own")
    )


def _add_theme(parser: argparse.ArgumentParser) -> None:
    theme = parser.add_mutually_exclusive_group()
    theme.add_argument("--dark", action="store_true", default=None, help=_("dark colours"))
    theme.add_argument("--light", action="store_false", dest="dark", help=_("light colours"))


def _start(options: argparse.Namespace) -> int:
    return _start_app(
        headless=options.headless, interval_seconds=options.interval, config=options.config
    )


def _start_app(*, headless: bool, interval_seconds: float | None, config: Path | None) -> int:
    if interval_seconds is not None and not 0.2 <= interval_seconds <= 30:
        raise UsageError(
            _("--interval must be 0.2s to 30s, not {seconds}s").format(
                seconds=f"{interval_seconds:g}"
            )
        )
    from trayapp.applet.app import App

    app = App(
        current_paths(), headless=headless, interval_seconds=interval_seconds, config_file=config
    )
    code = app.run()
    sys.stdout.flush()
    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        # A toolkit that failed leaves a thread of pystray's waiting for it for ever.
        os._exit(code)
    return code


def _call(verb: str, timeout_seconds: float = 5.0, **arguments: object) -> dict[str, Any]:
    from trayapp.control.client import call

    return call(current_paths().runtime, verb, arguments, timeout_seconds=timeout_seconds)


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=1))


def _status(options: argparse.Namespace) -> int:
    told = _call("status")
    if options.json:
        _print_json(told)
        return 0
    from trayapp.cli.status_text import status_lines

    print("\n".join(status_lines(told)))
    return 0


def _health(options: argparse.Namespace) -> int:
    from trayapp.applet.rules import monitor_rules
    from trayapp.domain.judging.pressure import pressure_level
    from trayapp.domain.records.levels import Level
    from trayapp.domain.showing.status import system_status
    from trayapp.domain.showing.tray import system_line
    from trayapp.readers.system import open_system_reader
    from trayapp.settings import load_settings

    rules = monitor_rules(load_settings(current_paths().settings_file))
    system = open_system_reader().read()
    level = pressure_level(
        system, rules.thresholds, 0.0, rules.stall_percent, Level.NORMAL, rules.available
    )
    if options.json:
        _print_json({"level": level.label, "system": system_status(system)})
    else:
        said = _("good") if level is Level.NORMAL else level.said
        print(_("{name}: {text}").format(name=said, text=system_line(system)))
    return min(level, 2)


def _cleanup(options: argparse.Namespace) -> int:
    told = _call(
        "cleanup", _CLEANUP_TIMEOUT_SECONDS, targets=options.targets, all=bool(options.all)
    )
    if options.json:
        _print_json(told)
        return 0
    for result in told["results"]:
        print(result["text"])
    print(_("Measured again in 60 s; `memtray statistics` tells what stayed free."))
    return 0


def _show_application(options: argparse.Namespace, name: str) -> int:
    """What an application holds now, as nothing of it is recorded."""
    from trayapp.cli.untracked import no_history_of
    from trayapp.cli.window_errands import WindowHands
    from trayapp.windows.details import main as show_details

    if options.save is not None:
        raise UsageError(no_history_of(name))
    print(f"memtray: {no_history_of(name)}", file=sys.stderr)
    return show_details(_live_options(options), WindowHands(), "application", name)


def _trends(options: argparse.Namespace) -> int:
    from trayapp.cli.untracked import find_application
    from trayapp.platforms import current_platform
    from trayapp.recording.files import split_files
    from trayapp.settings import load_settings
    from trayapp.windows.trends import TrendOptions
    from trayapp.windows.trends import main as show_trends

    paths = current_paths()
    paths.create()
    settings = load_settings(paths.settings_file)
    files, names = split_files(options.targets)
    application = find_application(names, paths.history_file, paths.runtime) if names else None
    if application is not None and not files:
        return _show_application(options, application)
    return show_trends(
        TrendOptions(
            history_file=paths.history_file,
            runtime=paths.runtime,
            targets=tuple(options.targets),
            instructions=_instructions(options),
            since_seconds=options.since,
            at_wall_seconds=options.at,
            metric=options.kind,
            stacked=options.stacked,
            runs=options.runs,
            save=options.save,
            dark=options.dark,
            chart_height_percent=round(settings.trends.chart_height_percent),
        ),
        open_file=current_platform().open_file,
    )


def _moment(text: str) -> float:
    """Wall seconds of a moment that somebody wrote; for argparse."""
    from argparse import ArgumentTypeError
    from datetime import datetime

    try:
        try:
            wall_seconds = float(text)
        except ValueError:
            # Without an offset, the local clock is meant.
            wall_seconds = datetime.fromisoformat(text).timestamp()
        datetime.fromtimestamp(wall_seconds)
    except (ValueError, OverflowError, OSError) as error:
        said = _("{text!r} is no time; write it like 2026-11-20T14:30, or as Unix seconds")
        raise ArgumentTypeError(said.format(text=text)) from error
    return wall_seconds


def _ui_settings() -> UiSettings:
    """Read `[ui]`; the defaults where the file has a mistake, since a window opens anyway."""
    from trayapp.errors import SettingsError
    from trayapp.settings import UiSettings, load_settings

    try:
        return load_settings(current_paths().settings_file).ui
    except SettingsError:
        return UiSettings()


def _live_options(options: argparse.Namespace) -> LiveOptions:
    from trayapp.windows.sections import Sections
    from trayapp.windows.table import LiveOptions

    paths = current_paths()
    paths.create()
    shown = _ui_settings()
    return LiveOptions(
        history_file=paths.history_file,
        runtime=paths.runtime,
        place_file=paths.windows / "compact.json",
        columns_file=paths.data / "columns.json",
        sections=Sections(shown.process_memory, shown.programs, shown.charts),
        dark=options.dark,
    )


def _table(options: argparse.Namespace) -> int:
    from trayapp.cli.window_errands import WindowHands
    from trayapp.windows.table import main as show_table

    return show_table(_live_options(options), WindowHands())


def _details(options: argparse.Namespace) -> int:
    from trayapp.cli.window_errands import WindowHands
    from trayapp.windows.details import main as show_details

    return show_details(_live_options(options), WindowHands(), options.kind, options.name)


def _compact(options: argparse.Namespace) -> int:
    from trayapp.cli.window_errands import WindowHands
    from trayapp.windows.compact import main as show_compact
    from trayapp.windows.compact import reset_place

    if options.reset:
        windows = _live_options(options)
        reset_place(windows.place_file, windows.runtime)
        print(_("The compact view is in its corner again."))
        return 0
    return show_compact(_live_options(options), WindowHands())


def _statistics(options: argparse.Namespace) -> int:
    rows = [(str(label), str(value)) for label, value in _call("statistics")["rows"]]
    if options.json:
        _print_json({"rows": rows})
        return 0
    from trayapp.windows.statistics import main as show_statistics

    return show_statistics(rows, runtime=current_paths().runtime)


def _snapshot(options: argparse.Namespace) -> int:
    told = _call("snapshot", 15.0)
    if options.json:
        _print_json(told)
    else:
        print(_("Snapshot written to {file}").format(file=told["file"]))
    return 0


def _pause(_options: argparse.Namespace) -> int:
    _call("pause")
    print(_("Tracking is paused; `memtray resume` goes on."))
    return 0


def _resume(_options: argparse.Namespace) -> int:
    _call("resume")
    print(_("Tracking goes on."))
    return 0


def _debug(options: argparse.Namespace) -> int:
    from trayapp.applet.debug_log import FILE_NAME, read_lines

    if options.what != "show":
        told = _call("debug", what=options.what)
        if options.json:
            _print_json(told)
        else:
            state = _("The debug log is on") if told["on"] else _("The debug log is off")
            print(_("{name}: {text}").format(name=state, text=told["file"]))
        return 0
    folder = current_paths().data
    lines = read_lines(folder, max(1, options.lines))
    if options.json:
        _print_json({"file": str(folder / FILE_NAME), "lines": lines})
    else:
        print("\n".join(lines) or _("Nothing was logged yet; start with `memtray debug on`."))
    return 0


def _alerts(options: argparse.Namespace) -> int:
    if options.what == "log":
        return _alert_log(options)
    seconds = None
    if options.what == "snooze":
        if not options.argument:
            raise UsageError(_("snooze for how long? For example: memtray alerts snooze 1h"))
        seconds = _duration_of(options.argument)
    elif options.what in ("ack", "resolve"):
        if not options.argument:
            text = _("which incident? For example: memtray alerts {what} growth:NAME")
            raise UsageError(text.format(what=options.what))
    elif options.argument is not None:
        raise UsageError(
            _("{command} takes no duration").format(command=f"`memtray alerts {options.what}`")
        )
    told = _call(
        "alerts",
        what=options.what,
        seconds=seconds,
        target=options.target,
        incident=options.argument if options.what in ("ack", "resolve") else None,
    )
    if options.json:
        _print_json(told)
    elif options.what == "resolve":
        print(_("Resolved: {title}").format(title=told["resolved"]["title"]))
    elif options.what == "ack":
        print(_("Known from now on: {title}").format(title=told["acknowledged"]["title"]))
    else:
        print(_alerts_text(told["alerts"]))
    return 0


def _duration_of(text: str) -> float:
    from trayapp.language.units import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _alerts_text(alerts: Mapping[str, Any]) -> str:
    if alerts["off"]:
        return _("Alerts are off.")
    lines = [_("Alerts are on.")]
    if alerts["snoozed_until"] is not None:
        until = _clock(alerts["snoozed_until"])
        lines = [_("All alerts are snoozed until {time}.").format(time=until)]
    lines += [
        _("Alerts about {name} are snoozed until {time}.").format(
            name=repr(name), time=_clock(until)
        )
        for name, until in alerts["snoozed_targets"].items()
    ]
    return "\n".join(lines)


def _clock(wall_seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall_seconds))


def _alert_log(options: argparse.Namespace) -> int:
    from trayapp.cli.alert_log import print_alert_log

    print_alert_log(current_paths().history_file, as_json=options.json)
    return 0


def _settings(options: argparse.Namespace) -> int:
    from trayapp.errors import WindowError
    from trayapp.platforms import current_platform
    from trayapp.settings import load_settings
    from trayapp.windows.settings import main as show_settings

    paths = current_paths()
    file = (options.config or paths.settings_file).absolute()
    if options.path:
        print(file)
        return 0
    if not options.edit:
        try:
            return show_settings(
                file, paths.runtime, current_platform().open_file, dark=options.dark
            )
        except WindowError as error:
            print(f"memtray: {error}", file=sys.stderr)
    problem: MemtrayError | None = None
    try:
        load_settings(file)
    except MemtrayError as error:
        problem = error
    print(file)
    _edit(file)
    if problem is not None:
        raise problem
    return 0


def _edit(file: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if editor and sys.stdin.isatty() and sys.stdout.isatty():
        import shlex
        import subprocess

        subprocess.run([*shlex.split(editor), str(file)], check=False)
        return
    from trayapp.platforms import current_platform

    current_platform().open_file(file)


def _targets(options: argparse.Namespace) -> int:
    from trayapp.cli.target_matches import list_targets, test_target

    run = test_target if options.what == "test" else list_targets
    return run(options, _print_json)


def _doctor(options: argparse.Namespace) -> int:
    from trayapp.cli.doctor import examine

    checks = examine(current_paths(), os.environ)
    if options.json:
        _print_json(
            [{"check": check.name, "result": check.result, "text": check.text} for check in checks]
        )
    else:
        for check in checks:
            print(
                f"{check.mark} " + _("{name}: {text}").format(name=_(check.name), text=check.text)
            )
    return int(any(check.result == "bad" for check in checks))


def _autostart(options: argparse.Namespace) -> int:
    from trayapp.applet.children import memtray_command
    from trayapp.platforms import current_platform

    platform = current_platform()
    if options.what == "on":
        platform.autostart_enable([*memtray_command(), "start"])
    elif options.what == "off":
        platform.autostart_disable()
    is_on = platform.autostart_status()
    print(_("Start at login is on.") if is_on else _("Start at login is off."))
    return 0


def _record(options: argparse.Namespace) -> int:
    from trayapp.recording.record import RecordOptions
    from trayapp.recording.record import main as record

    return record(
        RecordOptions(
            output=options.output,
            pids=tuple(options.pid),
            match=options.match,
            command=tuple(options.command),
            interval_seconds=options.interval,
            for_seconds=options.for_seconds,
            json=options.json,
        )
    )


def _run_guarded(options: argparse.Namespace) -> int:
    from trayapp.guard.run import RunOptions
    from trayapp.guard.run import main as run_guarded

    return run_guarded(
        RunOptions(
            command=tuple(options.command),
            high_bytes=options.high,
            critical_bytes=options.critical,
            restart=options.restart,
        ),
        current_paths().shared_runtime,
    )


def _analyze(options: argparse.Namespace) -> int:
    from trayapp.recording.analyze import main as analyze

    return analyze(
        options.files,
        json=options.json,
        expected_seconds=options.expect_seconds,
        fails_on_growing=options.fail_on == "growing",
        instructions=_instructions(options),
    )


def _instructions(options: argparse.Namespace) -> Instructions:
    from trayapp.recording.instructions import instructions_of

    return instructions_of(
        columns=options.column,
        unit=options.unit,
        group_by=options.group_by,
        timezone=options.timezone,
        pattern=options.pattern,
    )


def _popup(_options: argparse.Namespace) -> int:
    """Show a menu for the tray icon; not a command for people."""
    from trayapp.windows.popup import run_popup

    return run_popup()


def _gallery(options: argparse.Namespace) -> int:
    from trayapp.tray.gallery import save_gallery

    save_gallery(options.output)
    print(_("Gallery written to {file}").format(file=options.output))
    return 0


def _export(options: argparse.Namespace) -> int:
    if options.output is None:
        return _ask_for_file("export", options)
    from trayapp.cli.progress import told_progress
    from trayapp.export.export import ExportOptions
    from trayapp.export.export import main as export
    from trayapp.recording.files import split_files

    files, names = split_files(options.targets)
    with told_progress(_("Exporting: {share}"), to_window=options.progress) as tell:
        code = export(
            ExportOptions(
                history_file=current_paths().history_file,
                output=options.output,
                targets=names,
                files=tuple(files),
                instructions=_instructions(options),
                since=options.since,
                until=options.until,
            ),
            tell,
            _tell_note,
        )
    if code == 0:
        print(_("Exported to {file}").format(file=options.output))
    return code


def _report(options: argparse.Namespace) -> int:
    if options.output is None and not options.json:
        return _ask_for_file("report", options)
    from trayapp.cli.progress import told_progress
    from trayapp.export.report.writing import ReportOptions, report_json
    from trayapp.export.report.writing import main as report
    from trayapp.recording.files import split_files

    files, names = split_files(options.targets)
    details, live = ({}, {}) if files else _known_of_targets()
    with told_progress(_("Reporting: {share}"), to_window=options.progress) as tell:
        made = report(
            ReportOptions(
                history_file=current_paths().history_file,
                output=options.output,
                targets=names,
                files=tuple(files),
                instructions=_instructions(options),
                since=options.since,
                until=options.until,
                is_private=options.private,
                details=details,
                live=live,
            ),
            tell,
            _tell_note,
        )
    if options.json:
        _print_json(report_json(made))
    else:
        print(_("Report written to {file}").format(file=options.output))
    return 0


def _tell_note(note: str) -> None:
    print(f"memtray: {note}", file=sys.stderr)


def _ask_for_file(verb: Literal["export", "report"], options: argparse.Namespace) -> int:
    """Open the window that asks where to."""
    from trayapp.applet.children import memtray_command, package_parent
    from trayapp.platforms import current_platform
    from trayapp.windows.saving import main as ask

    if options.since is not None or options.until is not None:
        raise UsageError(
            _("name the file with -o FILE, or leave --since and --until to the window")
        )
    # Where `-m trayapp` finds this very package; what was named stays what it was.
    arguments = [
        str(Path(one).absolute()) if Path(one).is_file() else one for one in options.targets
    ]
    os.chdir(package_parent())
    try:
        return ask(verb, memtray_command(), current_platform().open_file, arguments=arguments)
    except WindowError as error:
        raise WindowError(
            _("{problem}; name the file with -o FILE").format(problem=error)
        ) from error


def _known_of_targets() -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """By name, how each target is found, and what the running applet, if any, says of it."""
    from trayapp.settings import load_settings

    details: dict[str, str] = {}
    live: dict[str, dict[str, Any]] = {}
    try:
        for target in load_settings(current_paths().settings_file).targets:
            details[target.name] = target.match or target.regex or ""
            live[target.name] = {"limit_bytes": target.limit_bytes}
        for told in _call("status")["targets"]:
            live[told["name"]] = told
    except MemtrayError:
        # The history speaks for itself.
        pass
    return details, live


def _deliver(options: argparse.Namespace) -> int:
    from trayapp.delivery.remote_child import deliver, find_address
    from trayapp.delivery.spool import Spool
    from trayapp.errors import ChannelError
    from trayapp.settings import load_settings

    settings = load_settings(options.config)
    for channel in settings.channels:
        if channel.name == options.channel:
            address = find_address(channel.url, channel.url_env, channel.url_keyring, os.environ)
            deliver(Spool(current_paths().outbox), channel.name, address)
            return 0
    raise ChannelError(settings.problem or _("there is no such channel in the settings"))


def _quit(_options: argparse.Namespace) -> int:
    _call("quit")
    print(_("Memtray ends."))
    return 0
