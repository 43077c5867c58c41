"""`memtray cleanup` and `memtray gc`: giving memory back through the running applet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from trayapp.cli.options import add_json, ask_applet, print_answer
from trayapp.language.catalogue import _

_TIMEOUT_SECONDS = 120.0


class Cleanup:
    """`memtray cleanup`: free memory, print how much. Raises: NotRunningError, UsageError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("targets", nargs="*", metavar="TARGET", help=_("default: Memtray itself"))
        add("--all", action="store_true", help=_("Memtray itself and all tracked programs"))

    def run(self, options: Namespace) -> int:
        answer = ask_applet("cleanup", _TIMEOUT_SECONDS, targets=options.targets, all=options.all)
        later = _(
            "Memtray measures again in 60 s; `memtray statistics` shows how much stayed free."
        )
        return print_answer(
            options, answer, lambda: [*(result["text"] for result in answer["results"]), later]
        )


class OwnCleanup(Cleanup):
    """`memtray gc`."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        parser.set_defaults(targets=[], all=False)
