"""`memtray completion`: the script that completes commands in a shell."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from trayapp.cli.completion import SHELLS, completion_script
from trayapp.cli.grammar import read_grammar
from trayapp.errors import SettingsError
from trayapp.paths import current_paths

_TARGETS = "targets"


class Completion:
    """`memtray completion`: print a script, or for it the names of all tracked programs."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("shell", choices=(*SHELLS, _TARGETS))

    def run(self, options: Namespace) -> int:
        if options.shell == _TARGETS:
            for name in _target_names():
                print(name)
            return 0
        from trayapp.cli.main import full_parser

        print(completion_script(options.shell, read_grammar(full_parser())), end="")
        return 0


def _target_names() -> list[str]:
    from trayapp.settings.file import load_settings

    file = current_paths().settings_file
    try:
        found = [target.name for target in load_settings(file).targets] if file.exists() else []
    except SettingsError:
        found = []  # A mistake in the file is told by whatever command comes of this.
    return [*found, "system", "memtray"]
