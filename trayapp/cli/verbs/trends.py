"""`memtray trends`: the history, or recordings, as curves."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from trayapp.charts.labels import plain_name
from trayapp.cli.options import (
    add_reading_options,
    add_theme,
    ask_applet,
    option_type,
    reading_instructions,
)
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.moments import parse_wall_time
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths


class Trends:
    """`memtray trends`: show the curves until the window is closed, or write them to a file.

    The only name may be an application that is too small for a history: its details are shown.

    Raises: WindowError, UsageError, HistoryError, RecordingError, SettingsError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "targets",
            nargs="*",
            metavar="TARGET|FILE",
            help=_('tracked programs, "system" or "memtray"; or recordings'),
        )
        duration, moment = option_type(parse_duration), option_type(parse_wall_time)
        add("--since", type=duration, metavar="2h", help=_("how far back to show"))
        add(
            "--at",
            type=moment,
            metavar="TIME",
            help=_("mark a time: 2026-11-20T14:30, or Unix seconds"),
        )
        add(
            "--kind",
            choices=("rss", "uss", "pss", "swap"),
            help=_("kind of memory of tracked programs"),
        )
        add("--stacked", action="store_true", help=_("stacked areas instead of lines"))
        add("--runs", action="store_true", help=_("overlay the runs of one tracked program"))
        add(
            "--save",
            type=Path,
            metavar="FILE.png|svg|pdf",
            help=_("write a picture instead of opening a window"),
        )
        add_reading_options(parser)
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.platforms import current_platform
        from trayapp.recording.files import split_files
        from trayapp.settings.file import load_settings
        from trayapp.windows.trends import TrendOptions, main

        paths = current_paths()
        paths.create()
        settings = load_settings(paths.settings_file)
        files, names = split_files(options.targets)
        application = _find_application(names, paths.history_file) if names else None
        if application is not None and not files:
            return _show_application(options, application)
        return main(
            TrendOptions(
                history_file=paths.history_file,
                runtime=paths.runtime,
                targets=tuple(options.targets),
                instructions=reading_instructions(options),
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


def _show_application(options: Namespace, name: str) -> int:
    from trayapp.cli.verbs.windows import show_details

    if options.save is not None:
        raise UsageError(_no_history_of(name))
    print(f"memtray: {_no_history_of(name)}", file=sys.stderr)
    return show_details(options, "application", name)


def _find_application(names: Sequence[str], history_file: Path) -> str | None:
    """Return the application that the only name means; None: the history, or nobody, knows it.

    Raises: UsageError where it is one of several names, with what to do.
    """
    asked = [name for name in names if name not in ("system", "memtray")]
    unknown = [name for name in asked if name not in _recorded_names(history_file)]
    running = _application_names() if unknown else set()
    found = [name for name in unknown if name in running]
    if found and len(names) > 1:
        text = _("{why}; give it as the only name to see its present memory")
        raise UsageError(text.format(why=_no_history_of(found[0])))
    return found[0] if found else None


def _no_history_of(name: str) -> str:
    return _(
        "{name} is not tracked, and too small for its history to be recorded;"
        " track it in the menu to record it from now on"
    ).format(name=plain_name(name))


def _recorded_names(history_file: Path) -> set[str]:
    from trayapp.history.reader import HistoryReader
    from trayapp.windows.selecting import program_names

    if not history_file.is_file():
        return set()
    with HistoryReader(history_file) as reader:
        return {*program_names(reader.series())}


def _application_names() -> set[str]:
    try:
        # All of them, not only the largest.
        rows = ask_applet("table", all=True).get("rows")
    except MemtrayError:
        return set()
    return {
        row["name"]
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("kind") == "application"
    }
