"""Everything about one target or application on screen."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Mapping, Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.dataclass import replace
from trayapp.domain.acting.acts import ActName, act_by_name
from trayapp.domain.judging.leaks.evidence import too_early
from trayapp.domain.judging.performance import Connection
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.table import (
    APP,
    APPLICATION,
    PAST,
    TARGET,
    TableRow,
    name_text,
    row_from,
    status_text,
    trend_text,
)
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.history.run_performance import read_performance
from trayapp.history.target_history import Past, Run, read_past, read_runs
from trayapp.language.catalogue import _, ngettext, paragraph
from trayapp.windows.acts_bar import ActsBar
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.details_figures import FiguresPane
from trayapp.windows.details_past import ChartsPane
from trayapp.windows.details_probe import ProbePane
from trayapp.windows.details_processes import ListsPane
from trayapp.windows.opening import LiveOptions, WindowActions
from trayapp.windows.probe_reports import Report, probe_reports, process_keys
from trayapp.windows.programs import Process
from trayapp.windows.single_instance import Listener

PAST_SECONDS, RUNS_SECONDS = 5.0, 60.0
"""How often the history is read again: its last hour, and all runs."""
PROBE_SECONDS = 5.0
CAUSES_SECONDS = 600.0
NAME_LENGTH = 48
_MOST_ALERTS = 2


class DetailsWindow(BaseWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "details"

    def __init__(
        self,
        options: LiveOptions,
        actions: WindowActions,
        listener: Listener | None,
        *,
        kind: str,
        name: str,
        act: ActName | None = None,
    ) -> None:
        """act: what to ask about at once."""
        applet = Applet(options.runtime)
        super().__init__(_("Memtray – Details"), applet, listener, dark=options.is_dark)
        self._options, self._actions = options, actions
        self._title = tk.StringVar(self.root)
        self._status = tk.StringVar(self.root)
        self._verdict = tk.StringVar(self.root)
        self._build()
        self._choose(kind, name, act)

    # -- building

    def _build(self) -> None:
        gap, root = self.px(14), self.root
        plain = tkfont.nametofont("TkDefaultFont", root)
        large, bold = plain.copy(), plain.copy()
        large.configure(size=16, weight="bold")
        bold.configure(weight="bold")
        self._build_head(gap, large)
        verdict = ttk.Label(
            root, textvariable=self._verdict, padding=(gap, self.px(6)), justify="left"
        )
        verdict.pack(fill="x")
        self._acts = ActsBar(self, self._actions, gap, self._on_processes)
        self._acts.pack(fill="x")
        sections = self._options.sections
        self._figures = FiguresPane(self, gap, bold)
        if sections.process_memory:
            self._figures.pack(fill="x")
        self._charts = ChartsPane(self, gap, bold)
        if sections.charts:
            self._charts.pack(fill="both", expand=True)
        self._lists = ListsPane(self, gap, bold, on_open=lambda: self._open_trends("--runs"))
        self._lists.pack(fill="x")
        self._probe = ProbePane(
            self,
            gap,
            bold,
            on_components=self._charts.make_room,
            on_investigate=self._investigate,
            on_dump=self._dump,
        )
        self._probe.pack(fill="x")

        def wrap(event: tk.Event[tk.Misc]) -> None:
            if event.widget is root:
                verdict.configure(wraplength=event.width - 2 * gap)
                self._probe.wrap(event.width)

        root.bind("<Configure>", wrap)
        self.bind_keys(("q", "Q"), self.close)
        self.bind_keys(("t", "T"), self._open_trends)
        root.minsize(self.px(700), self.px(520))

    def _build_head(self, gap: int, large: tkfont.Font) -> None:
        head = ttk.Frame(self.root, padding=(gap, gap, gap, 0))
        head.pack(fill="x")
        buttons = ttk.Frame(head)
        buttons.pack(side="right", anchor="n")
        self._trends = ttk.Button(buttons, text=_("All trends…"), command=self._open_trends)
        self._track = ttk.Button(buttons, text=_("Track"), command=self._make_target)
        ttk.Label(head, textvariable=self._title, font=large).pack(anchor="w")
        ttk.Label(head, textvariable=self._status, style="Hint.TLabel").pack(anchor="w")

    # -- what is shown

    def _choose(self, kind: str, name: str, act: ActName | None = None) -> None:
        """Show another target or application from now on; act: what to ask about at once."""
        self._row = TableRow(kind=APP if name == "memtray" else kind, name=name)
        self._acts.choose(self._row.kind, name, name_text(self._row), act)
        self._answer: Mapping[str, object] = {}
        self._past, self._runs_read = Past(), list[Run]()
        self._performance: list[Connection] = []
        self._past_problem = ""
        self._past_at = self._runs_at = self._probe_at = self._causes_at = float("-inf")
        self._lists.show_causes([_("Counting…")])
        self._evidence = ""
        self._is_answered = False
        self._reports: list[Report] = []
        self._show_probe()
        self._show()
        # Not a button: an Enter that was meant for the window before must not do anything.
        self.root.focus_set()

    def receive(self, message: Mapping[str, object]) -> None:
        """Show another target or application, as a second start asks."""
        kind, name = message.get("kind"), message.get("name")
        if isinstance(kind, str) and isinstance(name, str):
            self._choose(kind, name, act_by_name(message.get("act")))
            self.refresh()

    def restyle(self) -> None:
        super().restyle()
        self._show()
        self._show_past()
        self._lists.restyle()
        self._show_probe()

    def refresh(self) -> None:
        """Ask for the figures; read the history where that is due."""
        row = self._row
        kind = TARGET if row.kind == PAST else row.kind
        arguments = {"kind": kind, "name": row.name}
        self.ask_once("detail", arguments, self._on_answer, self._on_failure)
        self._acts.refresh()
        now = time.monotonic()
        if self._is_answered and now - self._past_at >= PAST_SECONDS:
            self._read_past()
        if now - self._probe_at >= PROBE_SECONDS:
            self._ask_probe()
        if self._lists.shows_causes and now - self._causes_at >= CAUSES_SECONDS:
            self._count_causes()

    def _on_answer(self, answer: Answer) -> None:
        found = answer.get("row")
        if isinstance(found, dict):
            self._answer = found
            self._row = row_from(found)
            self._evidence = self._row.evidence
        else:
            self._answer = {}
            is_past = self._row.kind in (TARGET, PAST)
            self._row = TableRow(kind=PAST if is_past else self._row.kind, name=self._row.name)
            self._evidence = (
                _("Not tracked at the moment; this is its recorded history.")
                if is_past
                else _("It has exited or is too small to be listed.")
            )
        self._show()
        self._continue()

    def _on_failure(self, error: Exception) -> None:
        self._answer = {}
        self._row = replace(TableRow(kind=self._row.kind, name=self._row.name), bars=self._row.bars)
        self._evidence = str(error)
        self._show(known=False)
        self._continue()

    def _continue(self) -> None:
        """Read on after the first answer, when kind and limit of the target are known."""
        if not self._is_answered:
            self._is_answered = True
            self._ask_probe()
            self._read_past()

    def _read_past(self) -> None:
        row = self._row
        self._past_at = time.monotonic()
        if not self._options.history_file.is_file():
            self._show_past()
            return
        try:
            with HistoryReader(self._options.history_file) as reader:
                kind = APPLICATION if row.kind == APPLICATION else TARGET
                self._past = read_past(reader, row.name, time.time(), kind)
                self._past_problem = ""
                if not self._past.hour:
                    # Its history may have been forgotten meanwhile.
                    self._runs_at = float("-inf")
                has_runs = row.kind not in (APP, APPLICATION)
                if has_runs and time.monotonic() - self._runs_at >= RUNS_SECONDS:
                    self._runs_read = read_runs(reader, row.name, row.size_limit_bytes)
                    self._performance = [
                        found
                        for run in self._runs_read[:1]
                        for found in read_performance(reader, row.name, run.start, run.end)
                    ]
                    self._runs_at = time.monotonic()
        except HistoryError as error:
            self._past_problem = str(error)
        self._show()
        self._show_past()

    # -- showing

    def _show(self, *, known: bool = True) -> None:
        row = self._row
        title = plain_name(name_text(replace(row, pids=())), NAME_LENGTH)
        self.root.title(_("Memtray – Details of {name}").format(name=title))
        self._title.set(f"⚠ {title}" if row.level > Level.NORMAL else title)
        self._status.set(_status_line(row) if known else _("currently unknown"))
        self._verdict.set(self._verdict_text())
        self._lists.offer_runs(row.kind not in (APP, APPLICATION))
        self._trends.pack(side="right")
        if row.kind == APPLICATION:
            self._track.pack(side="right", padx=(0, self.px(8)))
        else:
            self._track.pack_forget()
        notes = (
            _("Private memory: {reason}").format(reason=reason)
            if (reason := str(self._answer.get("uss_reason") or ""))
            else "",
            *(str(self._answer.get(key) or "") for key in ("charge_text", "events_text")),
            str(self._answer.get("heap_text") or ""),
            str(self._answer.get("inside_text") or ""),
        )
        self._figures.show(row, self._past.hour, "\n".join(filter(None, notes)))

    def _verdict_text(self) -> str:
        row = self._row
        text = row.unmatched_text or self._evidence
        if not text and row.kind == APP:
            text = _("Memtray has its own limits, shown in the statistics.")
        alerts = self._answer.get("alerts")
        told = [f"⚠ {alert}" for alert in alerts] if isinstance(alerts, list) else []
        if not told:
            # An alert has said so already.
            notes = (str(self._answer.get(key) or "") for key in ("limit_note", "silence_note"))
            text = paragraph(text, *notes)
        elif text:
            text = "" if text == too_early() else _("Why: {text}").format(text=text)
        return "\n".join(filter(None, [*told[:_MOST_ALERTS], text, self._past_problem]))

    def _show_past(self) -> None:
        self._charts.show(self._row, self._past, is_readable=not self._past_problem)
        empty = _("No runs recorded yet.")
        if self._past_problem:
            # What is not known is not nothing.
            empty = _("The history cannot be read.")
        self._lists.show_runs(self._runs_read, self._performance, empty)

    def _show_probe(self) -> None:
        self._probe.show(
            self._reports,
            self._row.rss_bytes,
            is_brief=bool(self._answer.get("inside_text")),
            has_heap=bool(self._answer.get("heap_text")),
        )

    # -- asking

    def _ask_probe(self) -> None:
        """Ask the probes of the target for what only the program knows."""
        keys = process_keys(self._answer.get("processes"))
        if keys:
            self._probe_at = time.monotonic()
            name = self._row.name
            self.applet.do(
                lambda: {"name": name, "reports": probe_reports(self._options.runtime, keys)},
                self._on_reports,
                lambda error: self._probe.show_problem(str(error)),
            )
        else:
            self._on_reports({"name": self._row.name, "reports": []})

    def _on_reports(self, answer: Answer) -> None:
        # Another one may be shown by now.
        if answer["name"] == self._row.name and isinstance(answer["reports"], list):
            self._reports = answer["reports"]
            self._show_probe()

    def _count_causes(self) -> None:
        """Count what goes before growth, in another thread."""
        from trayapp.history.causes import causes_status

        self._causes_at = time.monotonic()
        name, file = self._row.name, self._options.history_file

        def count() -> Answer:
            return {"name": name, "lines": causes_status(file, [name])[name]["lines"]}

        self.applet.do(count, self._on_causes, lambda error: self._lists.show_causes([str(error)]))

    def _on_causes(self, answer: Answer) -> None:
        # Another one may be shown by now.
        if answer["name"] == self._row.name and isinstance(answer["lines"], list):
            self._lists.show_causes(answer["lines"])

    def _investigate(self) -> None:
        """Offer to look at the objects of the largest process that has a probe."""
        from trayapp.windows.investigation_dialog import InvestigationDialog

        keys = process_keys(self._answer.get("processes"))
        InvestigationDialog(self, name_text(self._row), self._options.runtime, keys).open()

    def _dump(self) -> None:
        """Offer to write the memory of the largest process that can be dumped to a file."""
        from trayapp.windows.dump_dialog import DumpDialog
        from trayapp.windows.dumping import Asked

        keys = process_keys(self._answer.get("processes"))
        processes = [Asked(pid, started, None) for pid, started in keys]
        DumpDialog(self, name_text(self._row), self._options.runtime, processes).open()

    def _on_processes(self, processes: Sequence[Process]) -> None:
        self._lists.show_processes(processes)

    def _open_trends(self, *options: str) -> None:
        name = self._row.name
        self.run_errand(
            lambda: self._actions.open_window("trends", name, options=options), self._on_problem
        )

    def _make_target(self) -> None:
        def on_tracked(answer: Answer) -> None:
            self._choose(TARGET, str(answer.get("name")))

        arguments = {"kind": self._row.kind, "name": self._row.name}
        self.applet.ask("track", arguments, on_tracked, self._on_problem)

    def _on_problem(self, error: Exception) -> None:
        self._verdict.set(str(error))


def _status_line(row: TableRow) -> str:
    texts = [status_text(row)]
    if row.pids:
        count = len(row.pids)
        texts.append(
            _("process {pid}").format(pid=row.pids[0])
            if count == 1
            else ngettext("{count} process", "{count} processes", count).format(count=count)
        )
        texts.append(trend_text(row))
    return "  ·  ".join(texts)
