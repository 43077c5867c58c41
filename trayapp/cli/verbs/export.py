"""Verbs that write what is known into a file: export, report, gallery."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trayapp.cli.options import (
    add_json,
    add_reading_options,
    ask_applet,
    option_type,
    print_json,
    reading_instructions,
)
from trayapp.errors import MemtrayError, UsageError, WindowError
from trayapp.language.catalogue import _
from trayapp.language.moments import parse_moment
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.domain.records.account import Account


class Export:
    """`memtray export`: write the file, or ask for one in a window.

    Raises: UsageError, WindowError, HistoryError, RecordingError, ExportError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        _add_choice_options(parser)
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            metavar="FILE.xlsx|csv|json|parquet",
            help=_output_help(),
        )

    def run(self, options: Namespace) -> int:
        if options.output is None:
            return _ask_for_file("export", options)
        from trayapp.cli.progress import progress_reporter
        from trayapp.export.export import ExportOptions, main

        with progress_reporter(_("Exporting: {share}"), to_window=options.progress) as show_share:
            code = main(
                ExportOptions(**_choice(options)),
                show_share,
                _print_note,
            )
        if code == 0:
            print(_("Exported to {file}").format(file=options.output))
        return code


class Report:
    """`memtray report`: write the file or print JSON, or ask for a file in a window.

    Raises: UsageError, WindowError, HistoryError, RecordingError, ExportError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        _add_choice_options(parser)
        text = _("the file; its ending chooses the format")
        add("-o", "--output", type=Path, metavar="FILE.html|pdf|json", help=text)
        add(
            "--private",
            action="store_true",
            help=_("leave out command lines, paths, and the names of user and machine"),
        )

    def run(self, options: Namespace) -> int:
        if options.output is None and not options.json:
            return _ask_for_file("report", options)
        from trayapp.cli.progress import progress_reporter
        from trayapp.export.report.json_report import report_json
        from trayapp.export.report.writing import ReportOptions, main

        choice = _choice(options)
        details, live = ({}, {}) if choice["files"] else _known_of_targets()
        advice = [] if choice["files"] else _known_advice(options.targets)
        with progress_reporter(_("Reporting: {share}"), to_window=options.progress) as show_share:
            made = main(
                ReportOptions(
                    **choice,
                    is_private=options.private,
                    details=details,
                    live=live,
                    read_account=_account_now,
                    advice=advice,
                ),
                show_share,
                _print_note,
            )
        if options.json:
            print_json(report_json(made))
        else:
            print(_("Report written to {file}").format(file=options.output))
        return 0


def _account_now() -> Account | None:
    """Return where memory goes; None where it cannot be read, for which no report is held back."""
    from trayapp.cli.verbs.where import read_account_now

    try:
        return read_account_now()
    except MemtrayError:
        return None


def _add_choice_options(parser: ArgumentParser) -> None:
    """Add what is exported or reported on."""
    add, moment = parser.add_argument, option_type(parse_moment)
    add(
        "targets",
        nargs="*",
        metavar="TARGET|FILE",
        help=_("programs (default: all), or recordings"),
    )
    add(
        "--since",
        type=moment,
        metavar="24h",
        help=_("start of the range: a duration back from its end, or a time"),
    )
    # Not for people: how the window follows the command that it started.
    add("--progress", action="store_true", help=SUPPRESS)
    add(
        "--until",
        type=moment,
        metavar="1h",
        help=_("end of the range: a duration back from now, or a time"),
    )
    add_reading_options(parser)


def _output_help() -> str:
    """Return what -o does, and which kinds of file need a package that is missing."""
    from trayapp.language.extras import OF_ENDING, what_it_needs

    texts = [_("the file; its ending chooses the format")]
    texts += [
        what_it_needs(ending, each) for ending, each in OF_ENDING.items() if not each.is_installed
    ]
    return "; ".join(texts).replace("%", "%%")


def _choice(options: Namespace) -> dict[str, Any]:
    """Return what was chosen, as fields that `ExportOptions` and `ReportOptions` share."""
    from trayapp.recording.files import split_files

    files, names = split_files(options.targets)
    return {
        "history_file": current_paths().history_file,
        "output": options.output,
        "targets": names,
        "files": tuple(files),
        "instructions": reading_instructions(options),
        "since": options.since,
        "until": options.until,
    }


def _print_note(note: str) -> None:
    print(f"memtray: {note}", file=sys.stderr)


def _ask_for_file(verb: Literal["export", "report"], options: Namespace) -> int:
    """Open the window that asks for the file; return the exit code."""
    from trayapp.applet.children import memtray_command, package_parent
    from trayapp.platforms import current_platform
    from trayapp.windows.saving import main

    if options.since is not None or options.until is not None:
        raise UsageError(
            _(
                "give a file with -o FILE, or choose the range in the window instead of "
                "with --since and --until"
            )
        )
    # Where `-m trayapp` finds this very package; what was named stays what it was.
    arguments = [
        str(Path(one).absolute()) if Path(one).is_file() else one for one in options.targets
    ]
    os.chdir(package_parent())
    try:
        return main(verb, memtray_command(), current_platform().open_file, arguments=arguments)
    except WindowError as error:
        text = _("{problem}; give a file with -o FILE")
        raise WindowError(text.format(problem=error)) from error


def _known_of_targets() -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Return by name how each target is found, and its status where the applet runs."""
    from trayapp.settings.file import load_settings

    details: dict[str, str] = {}
    live: dict[str, dict[str, Any]] = {}
    try:
        for target in load_settings(current_paths().settings_file).targets:
            details[target.name] = target.rule_text
            live[target.name] = {"limit_bytes": target.limit_bytes}
        status = ask_applet("status")
        # Of what goes by one name, the target is meant.
        for told in [*status["applications"], *status["targets"]]:
            live[told["name"]] = told
    except MemtrayError:
        # The history speaks for itself.
        pass
    return details, live


def _known_advice(names: Collection[str]) -> list[dict[str, Any]]:
    """Return what the applet advises now about these programs, or all; empty: it does not run."""
    try:
        found = ask_applet("advice")["advice"]
    except MemtrayError:
        return []
    return [told for told in found if not names or told["target"] in names]


class Gallery:
    """`memtray gallery`: draw the sheet. Raises: OSError, WindowError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        text = _("the file to write")
        parser.add_argument(
            "-o", "--output", type=Path, required=True, metavar="FILE.png", help=text
        )

    def run(self, options: Namespace) -> int:
        from trayapp.tray.gallery import save_gallery

        save_gallery(options.output)
        print(_("Gallery written to {file}").format(file=options.output))
        return 0
