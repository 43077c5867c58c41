"""Writing an export or a report by a child process, `memtray VERB -o FILE`.

So the window stays alive, and a file that was cancelled leaves nothing behind.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.language.catalogue import _
from trayapp.language.extras import OF_ENDING, Extra

CANCEL_SECONDS = 5.0

Verb = Literal["export", "report"]


class Format(NamedTuple):
    """One kind of file."""

    label: str
    ending: str
    needs: Extra | None = None
    """The package that writes it, where it is missing."""


class Span(NamedTuple):
    """One choice of time."""

    label: str
    since: str | None
    """As `--since` takes it; None: all there is."""


def formats_of(verb: Verb) -> tuple[Format, ...]:
    """Return the kinds of file that can be written, the usual one first."""
    if verb == "export":
        return tuple(
            _marked(each)
            for each in (
                Format(_("Excel workbook (.xlsx)"), ".xlsx"),
                Format(_("CSV table (.csv)"), ".csv"),
                Format(_("JSON file (.json)"), ".json"),
                Format(_("Parquet file (.parquet)"), ".parquet"),
            )
        )
    return tuple(
        _marked(each)
        for each in (
            Format(_("Web page (.html)"), ".html"),
            Format(_("PDF document (.pdf)"), ".pdf"),
            Format(_("JSON file (.json)"), ".json"),
        )
    )


def _marked(one: Format) -> Format:
    """Return the kind of file, with what its package is called where that is missing."""
    needs = OF_ENDING.get(one.ending)
    if needs is None or needs.is_installed:
        return one
    label = _("{kind} – needs {package}").format(kind=one.label, package=needs.package)
    return one._replace(label=label, needs=needs)


def spans() -> tuple[Span, ...]:
    """Return the stretches of time that can be chosen."""
    return (
        Span(_("Last hour"), "1h"),
        Span(_("Last 24 hours"), "24h"),
        Span(_("Last 7 days"), "7d"),
        Span(_("Last 30 days"), "30d"),
        Span(_("Entire history"), None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """A file that a person asked for."""

    verb: Verb
    output: Path
    since: str | None
    is_private: bool = False
    arguments: tuple[str, ...] = ()
    """Targets and recordings, as the window was started with them."""

    def command(self, memtray: Sequence[str]) -> list[str]:
        return [
            *memtray, self.verb, "--progress",
            *(["--since", self.since] if self.since else []),
            *(["--private"] if self.is_private else []),
            "-o", str(self.output), "--", *self.arguments,
        ]  # fmt: skip


class WriteProcess:
    """One file being written by a child process. One thread."""

    def __init__(self, request: WriteRequest, memtray: Sequence[str]) -> None:
        """Start it. Raises: OSError."""
        self.output = request.output
        self.share = 0.0
        """How much is done, 0 to 1."""
        self._is_cancelled = False
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(
            request.command(memtray),
            stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace",
        )  # fmt: skip
        self._errors = ""
        self._threads = [
            threading.Thread(target=self._read_shares, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None or any(thread.is_alive() for thread in self._threads)

    @property
    def problem(self) -> str | None:
        """Return why it failed, once it has ended; None: it did not. Empty: cancelled."""
        if self._child.returncode == 0:
            return None
        if self._is_cancelled:
            return ""
        lines = self._errors.strip().splitlines()
        return lines[-1].removeprefix("memtray: ") if lines else _("It failed with an error.")

    def cancel(self) -> None:
        """End it soon; an older file of that name stays as it was."""
        self._is_cancelled = True
        if self._child.stdin is not None:
            self._child.stdin.close()

    def close(self) -> None:
        """End it now, if it still runs, and free its pipes and threads."""
        self.cancel()
        try:
            self._child.wait(CANCEL_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()

    def _read_shares(self) -> None:
        for line in self._child.stdout or ():
            try:
                self.share = min(1.0, max(0.0, float(line)))
            except ValueError:
                continue  # what it says at its end

    def _read_errors(self) -> None:
        for line in self._child.stderr or ():
            self._errors = (self._errors + line)[-4000:]
