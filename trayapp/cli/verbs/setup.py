"""Verbs about Memtray's place on this machine: its settings, what it needs, starting at login."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.options import JsonVerb, add_theme, placeholder, print_answer
from trayapp.errors import MemtrayError, WindowError
from trayapp.language.catalogue import _
from trayapp.paths import current_paths

_AUTOSTART = ("on", "off", "status")


class Settings:
    """`memtray settings`: show a window, or the file in an editor where there can be none.

    Raises: SettingsError once the editor is open, if the file has a mistake.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--path", action="store_true", help=_("print where the settings file is, and exit"))
        add("--edit", action="store_true", help=_("open the file in your editor"))
        add("--config", type=Path, metavar="FILE", help=_("use this settings file"))
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.platforms import current_platform
        from trayapp.settings.file import load_settings
        from trayapp.tray.preview import preview_png
        from trayapp.windows.settings import main

        paths = current_paths()
        file = (options.config or paths.settings_file).absolute()
        if options.path:
            print(file)
            return 0
        if not options.edit:
            try:
                opener = current_platform().open_file
                return main(file, paths.runtime, opener, preview_png, dark=options.dark)
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


class Doctor(JsonVerb):
    """`memtray doctor`: print what was found; return 1 if anything is bad."""

    def run(self, options: Namespace) -> int:
        from trayapp.cli.doctor import examine

        checks = examine(current_paths(), os.environ)
        line = _("{name}: {text}")
        print_answer(
            options,
            [{"check": check.name, "result": check.result, "text": check.text} for check in checks],
            lambda: [
                f"{check.mark} {line.format(name=_(check.name), text=check.text)}"
                for check in checks
            ],
        )
        return int(any(check.result == "bad" for check in checks))


class Autostart:
    """`memtray autostart`: switch it, and print how it is. Raises: PlatformError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=_AUTOSTART, metavar=placeholder(_AUTOSTART))

    def run(self, options: Namespace) -> int:
        from trayapp.applet.children import lasting_command
        from trayapp.platforms import current_platform

        platform = current_platform()
        if options.what == "on":
            platform.autostart_enable([*lasting_command(), "start"])
        elif options.what == "off":
            platform.autostart_disable()
        is_on = platform.autostart_status()
        print(_("Start at login is on.") if is_on else _("Start at login is off."))
        return 0
