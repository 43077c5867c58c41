"""Verbs that steer the running applet: snapshot, pause, resume, debug, quit."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from trayapp.cli.options import JsonVerb, add_json, ask_applet, placeholder, print_answer
from trayapp.language.catalogue import N_, _
from trayapp.paths import current_paths

_DEBUG = ("on", "off", "show")
_OBEYED = {
    "pause": N_("Sampling is paused; `memtray resume` continues."),
    "resume": N_("Sampling resumed."),
    "quit": N_("Memtray is quitting."),
}


class Snapshot(JsonVerb):
    """`memtray snapshot`: have a snapshot written and print its file. Raises: NotRunningError."""

    def run(self, options: Namespace) -> int:
        answer = ask_applet("snapshot", 15.0)
        text = _("Snapshot written to {file}")
        return print_answer(options, answer, lambda: [text.format(file=answer["file"])])


class Order:
    """`memtray pause`, `resume` and `quit`: have the applet obey. Raises: NotRunningError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        pass

    def run(self, options: Namespace) -> int:
        ask_applet(options.verb)
        print(_(_OBEYED[options.verb]))
        return 0


class Debug:
    """`memtray debug`: switch the log, or print the end of it. Raises: NotRunningError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("what", choices=_DEBUG, metavar=placeholder(_DEBUG))
        add(
            "--lines",
            type=int,
            default=50,
            metavar="N",
            help=_("show the newest N lines (default: 50)"),
        )

    def run(self, options: Namespace) -> int:
        from trayapp.applet.debug_log import FILE_NAME, read_lines

        if options.what == "show":
            folder = current_paths().data
            lines = read_lines(folder, max(1, options.lines))
            nothing = _("Nothing has been logged yet; start with `memtray debug on`.")
            return print_answer(
                options,
                {"file": str(folder / FILE_NAME), "lines": lines},
                lambda: lines or [nothing],
            )
        answer = ask_applet("debug", what=options.what)
        state = _("The debug log is on") if answer["on"] else _("The debug log is off")
        line = _("{name}: {text}").format(name=state, text=answer["file"])
        return print_answer(options, answer, lambda: [line])
