"""Verbs that open a window which follows the running applet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from typing import TYPE_CHECKING

from trayapp.cli.desktop_actions import DesktopActions
from trayapp.cli.options import JsonVerb, add_theme, ask_applet, print_json
from trayapp.domain.acting.acts import ASKED, ActName, act_by_name
from trayapp.errors import SettingsError
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.windows import WINDOWS

if TYPE_CHECKING:
    from trayapp.windows.opening import LiveOptions


def live_options(options: Namespace) -> LiveOptions:
    """Return what such a window needs, from the command line and `[ui]` of the settings."""
    from trayapp.settings.file import load_settings
    from trayapp.settings.records import UiSettings
    from trayapp.windows.opening import LiveOptions
    from trayapp.windows.sections import Sections

    paths = current_paths()
    paths.create()
    try:
        shown = load_settings(paths.settings_file).ui
    except SettingsError:
        # A mistake in the file is no reason not to open.
        shown = UiSettings()
    return LiveOptions(
        history_file=paths.history_file,
        runtime=paths.runtime,
        place_file=paths.windows / "compact.json",
        columns_file=paths.data / "columns.json",
        sections=Sections(shown.process_memory, shown.programs, shown.charts),
        dark=options.dark,
    )


class PlainWindow:
    """The verb of each window in `WINDOWS` that has a module of its own there."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        """Show the window until it is closed. Raises: WindowError, NotRunningError."""
        module = next(one.module for one in WINDOWS if one.verb == options.verb)
        return int(import_module(module).main(live_options(options), DesktopActions()))


class Details:
    """`memtray details`: show the window until it is closed. Raises: WindowError, UsageError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("name", metavar="NAME", help=_('a program, or "memtray"'))
        add(
            "kind", nargs="?", choices=("target", "application"),
            help=_("whether NAME is a tracked program (target, the default) or an application"),
        )  # fmt: skip
        add(
            "--act", choices=ASKED, metavar="ACT",
            help=_("ask about this at once: end, restart or probe"),
        )  # fmt: skip
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.cli.program_kinds import kind_of

        kind = options.kind or kind_of(options.name)
        return show_details(options, kind, options.name, act_by_name(options.act))


def show_details(options: Namespace, kind: str, name: str, act: ActName | None = None) -> int:
    """Show a target or an application in a window of its own; return the exit code."""
    from trayapp.windows.details import main

    return main(live_options(options), DesktopActions(), kind, name, act)


class Compact:
    """`memtray compact`: show the view until it is closed, or put it back. Raises: WindowError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        text = _("move it back to its corner")
        parser.add_argument("--reset", action="store_true", help=text)
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.windows.compact import main, reset_place

        window = live_options(options)
        if not options.reset:
            return main(window, DesktopActions())
        reset_place(window.place_file, window.runtime)
        print(_("The compact view is back in its corner."))
        return 0


class Places:
    """`memtray windows`: have windows forget where they were. Raises: WindowError, OSError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("reset",), metavar="reset")

    def run(self, _options: Namespace) -> int:
        from trayapp.windows.compact import reset_all_places

        reset_all_places(current_paths().windows, current_paths().runtime)
        print(_("All windows open at their original size and position again."))
        return 0


class Statistics(JsonVerb):
    """`memtray statistics`: show what was done. Raises: NotRunningError, WindowError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        text = _("print JSON instead of opening a window")
        parser.add_argument("--json", action="store_true", help=text)

    def run(self, options: Namespace) -> int:
        rows = [(str(label), str(value)) for label, value in ask_applet("statistics")["rows"]]
        if options.json:
            print_json({"rows": rows})
            return 0
        from trayapp.windows.statistics import main

        return main(rows, runtime=current_paths().runtime)


class Popup:
    """`memtray popup`, not for people: show the menu from standard input where no panel does."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        pass

    def run(self, _options: Namespace) -> int:
        from trayapp.windows.popup import run_popup

        return run_popup()
