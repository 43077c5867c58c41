"""The question before a program's memory is written to a file, and where the file is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.settings.file import SettingsFile
from trayapp.windows.applet_client import Answer
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.dialog import Dialog
from trayapp.windows.dumping import Asked, DumpPlan, plan_dump, write_dump
from trayapp.windows.programs import NAME_LENGTH

_WIDTH = 520
_FOLDER = "dumps"


class DumpDialog(Dialog):
    """Says how long the program stands still, and writes the dump if the person agrees."""

    def __init__(
        self, window: BaseWindow, name: str, runtime: Path, processes: Sequence[Asked]
    ) -> None:
        subject = plain_name(name, NAME_LENGTH)
        super().__init__(window, _("Write a dump of {name}?").format(name=subject), _WIDTH)
        ttk.Frame(self.body, width=window.px(_WIDTH)).pack()  # it keeps its width
        self._runtime = runtime
        self._plan: DumpPlan | None = None
        self.say(_("Asking the program…"))
        self.offer((_("Cancel"), self.destroy))
        self.do(lambda: self._prepare(processes), self._on_plan)

    def _prepare(self, processes: Sequence[Asked]) -> Answer:
        """Find out what can be written. A background thread; raises MemtrayError."""
        paths = current_paths()
        settings = SettingsFile(paths.settings_file).settings.diagnosis
        self._plan = plan_dump(self._runtime, processes, settings, paths.data / _FOLDER)
        return {"warning": self._plan.warning()}

    def _on_plan(self, answer: Answer) -> None:
        self.say(str(answer["warning"]))
        self.offer((_("Write"), self._begin), (_("Cancel"), self.destroy))

    def _begin(self) -> None:
        self.say(_("Writing…"))
        self.offer((_("Close"), self.destroy))
        self.do(self._write, self._on_written)

    def _write(self) -> Answer:
        assert self._plan is not None  # noqa: S101  (there is no button before that)
        return {"files": [str(file) for file in write_dump(self._runtime, self._plan)]}

    def _on_written(self, answer: Answer) -> None:
        files = answer["files"]
        written = "\n".join(files) if isinstance(files, list) else ""
        self.say(_("Written: {files}").format(files=written))
        self.offer((_("Close"), self.destroy))
