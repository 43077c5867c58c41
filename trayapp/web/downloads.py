"""Reports and exports as downloads: written by a command of Memtray's, followed while it works."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import trayapp
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.web.problems import ProblemError
from trayapp.web.tokens import Role

State = Literal["running", "done", "failed"]
FORMATS = {"report": ("html", "pdf", "json"), "export": ("xlsx", "csv", "json", "parquet")}
"""What there is, and as what; the usual one first."""
SPANS = ("1h", "24h", "7d", "30d", None)
"""Back from now; None: everything."""
MOST_RUNNING, MOST_KEPT = 2, 8
FOLDER = Path(trayapp.__file__).parent.parent
"""In which the commands run, so that they find this very package."""
_KEPT_SECONDS = 900.0
_CANCEL_SECONDS = 5.0
_MOST_ERROR_BYTES = 4000


class Download:
    """One file that is being written, or is there."""

    def __init__(self, role: Role, folder: Path, what: str, ending: str) -> None:
        self.id = secrets.token_urlsafe(16)
        self.role = role
        self.folder = folder
        moment = time.strftime("%Y-%m-%d-%H%M")
        self.file = folder / f"memtray-{what}-{moment}.{ending}"
        self.state: State = "running"
        self.share = 0.0
        """How much is done, 0 to 1."""
        self.problem: str | None = None
        self.is_mistake = False
        """Whether what failed is what was asked for, such as a program that there is not."""
        self.ended_seconds: float | None = None
        self.task: asyncio.Task[None] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "share": round(self.share, 3),
            "problem": self.problem,
            "name": self.file.name,
            "file": f"/api/downloads/{self.id}/file" if self.state == "done" else None,
        }


class Downloads:
    """All downloads of one server; in its event loop."""

    def __init__(self, memtray_command: Sequence[str]) -> None:
        self._command = [*memtray_command]
        self._all: dict[str, Download] = {}

    def start(
        self, role: Role, what: str, ending: str, since: str | None, targets: Sequence[str],
        *, is_private: bool,
    ) -> Download:  # fmt: skip
        """Begin to write a file. Raises: ProblemError if there are too many already.

        targets: names without NUL characters.
        """
        self._sweep()
        running = sum(one.state == "running" for one in self._all.values())
        if running >= MOST_RUNNING:
            text = _("Two files are being written; try again when one is done")
            raise ProblemError(429, text, {"Retry-After": "5"})
        import tempfile  # Only now: few make a file.

        # In memory it could be as large as the history; nobody else may read it.
        folder = Path(tempfile.mkdtemp(prefix="memtray-"))
        download = Download(role, folder, what, ending)
        options = ["--progress", *(["--since", since] if since else [])]
        if is_private:
            options.append("--private")
        command = [
            *self._command, what, *options, "-o", str(download.file), "--", *targets
        ]  # fmt: skip
        self._all[download.id] = download
        download.task = asyncio.create_task(self._write(download, command))
        return download

    def find(self, role: Role, wanted: str) -> Download:
        """Return one of those that this role began. Raises: ProblemError."""
        found = self._all.get(wanted)
        if found is None or found.role != role:
            raise ProblemError(404, _("There is no such download; begin it again"))
        return found

    async def remove(self, download: Download) -> None:
        """End it, and remove its file."""
        self._all.pop(download.id, None)
        if download.task is not None:
            download.task.cancel()
            await asyncio.gather(download.task, return_exceptions=True)
        await asyncio.to_thread(_remove, download.folder)

    async def close(self) -> None:
        """Remove all."""
        for download in [*self._all.values()]:
            await self.remove(download)

    def _sweep(self) -> None:
        """Remove what nobody has fetched for long, and the oldest of too many."""
        now = time.monotonic()
        ended = [one for one in self._all.values() if one.ended_seconds is not None]
        too_many = len(self._all) - MOST_KEPT + 1
        for place, one in enumerate(ended):
            if place < too_many or now - (one.ended_seconds or now) > _KEPT_SECONDS:
                del self._all[one.id]
                _remove(one.folder)

    async def _write(self, download: Download, command: Sequence[str]) -> None:
        """Run the command to its end. A task."""
        pipe = subprocess.PIPE
        try:
            child = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=FOLDER
            )
        except OSError as error:
            self._end(download, _("Cannot start: {reason}").format(reason=error.strerror))
            return
        try:
            complaints = asyncio.create_task(_read_all(child))
            while line := await child.stdout.readline() if child.stdout else b"":
                with contextlib.suppress(ValueError):
                    download.share = min(1.0, max(0.0, float(line)))
            text = await complaints
            code = await child.wait()
        except BaseException:
            await _cancel(child)
            raise
        download.is_mistake = code == UsageError.exit_code
        self._end(download, None if code == 0 else text or _("It failed with an error."))

    def _end(self, download: Download, problem: str | None) -> None:
        download.problem = problem
        download.state = "failed" if problem else "done"
        download.share = download.share if problem else 1.0
        download.ended_seconds = time.monotonic()


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


async def _read_all(child: asyncio.subprocess.Process) -> str:
    """Return the last line that a command complains in."""
    kept = b""
    while part := await child.stderr.read(_MOST_ERROR_BYTES) if child.stderr else b"":
        kept = (kept + part)[-_MOST_ERROR_BYTES:]
    lines = kept.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("memtray: ") if lines else ""


async def _cancel(child: asyncio.subprocess.Process) -> None:
    """End a command; a file that it has not finished leaves nothing behind."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_CANCEL_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
