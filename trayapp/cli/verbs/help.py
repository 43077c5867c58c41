"""`memtray help`: the manual in the terminal."""

from __future__ import annotations

import difflib
import shutil
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.manual_text import manual_folder, plain_text, section_of, topics
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _, listed


class Help:
    """`memtray help [TOPIC]`: a page of the manual, or what it says of one command.

    Raises: UsageError, and MemtrayError where no manual was installed.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "topic", nargs="?", metavar="TOPIC", help=_("a page of the manual, or a command")
        )

    def run(self, options: Namespace) -> int:
        folder = manual_folder()
        if folder is None:
            raise MemtrayError(_("The manual was not installed with this Memtray."))
        text = plain_text(_find(folder, options.topic), shutil.get_terminal_size((80, 24)).columns)
        if sys.stdout.isatty():
            import pydoc

            pydoc.pager(text)
        else:
            print(text, end="")
        return 0


def _find(folder: Path, topic: str | None) -> str:
    """Return the page, or the part of one, that is meant. Raises: UsageError."""
    pages = topics(folder)
    if topic is None:
        return (folder / "index.md").read_text("utf-8")
    commands = (folder / "commands.md").read_text("utf-8")
    if (command := section_of(commands, f"memtray {topic}")) is not None and topic not in pages:
        return command
    if topic not in pages:
        verbs = [
            line.removeprefix("## memtray ")
            for line in commands.split("\n")
            if line.startswith("## memtray ")
        ]
        near = difflib.get_close_matches(topic, [*pages, *verbs], 1)
        if near:
            text = _("there is no topic {name}; did you mean {nearest}?")
            raise UsageError(text.format(name=repr(topic), nearest=near[0]))
        text = _("there is no topic {name}; use a command or one of {choices}")
        raise UsageError(text.format(name=repr(topic), choices=listed(pages)))
    page = (folder / f"{topic}.md").read_text("utf-8")
    # What is both, such as "alerts": the command first, as a person types it.
    return page if command is None else f"{command}\n\n{page}"
