"""`memtray completion`: the script that completes commands in a shell."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable

from trayapp.cli.completion import SHELLS, completion_script
from trayapp.cli.grammar import CGROUPS, CONTAINERS, TARGETS, UNITS, USERS, read_grammar
from trayapp.errors import SettingsError
from trayapp.paths import current_paths


class Completion:
    """`memtray completion`: print a script, or for it the names of what there is."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("shell", choices=(*SHELLS, *_LISTS))

    def run(self, options: Namespace) -> int:
        if options.shell in _LISTS:
            for name in _LISTS[options.shell]():
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


def _running(kind: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from trayapp.cli.running_groups import running_names

        return running_names(kind)

    return names


_LISTS: dict[str, Callable[[], Iterable[str]]] = {
    TARGETS: _target_names,
    **{kind: _running(kind) for kind in (UNITS, CONTAINERS, CGROUPS, USERS)},
}
