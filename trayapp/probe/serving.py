"""The probe's server in a program: it listens, answers, stops, and ends at a fork."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from trayapp.probe.importing import load

if TYPE_CHECKING:
    # Loaded by `start`: to import the probe should cost a program next to nothing.
    from pathlib import Path

    from trayapp.control.server import ControlServer


_FOR_ALL = ("trayapp.errors", "trayapp.language.catalogue")
_FOR_REPORTS = (
    "ctypes", "trayapp.probe.allocators", "trayapp.probe.collections_watch",
    "trayapp.probe.figures", "trayapp.probe.memory",
)  # fmt: skip
"""What handlers import when they are called, in threads of the probe's own."""
_EXIT_SECONDS = 0.05
"""How long a program's end may wait for an answer, a few times more at worst."""


class _Probe:
    """The probe of one process; a forked child gets a new one."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.collecting = threading.Lock()
        self.server: ControlServer | None = None
        self.disowned: list[ControlServer] = []
        """Those whose descriptors the program has closed."""
        self.folder: Path | None = None
        """Where it listens, and where it leaves what nobody has asked for."""
        self.in_forks = False
        """Whether forked children are to have a probe, too."""

    def start(self, runtime: Path | None, *, in_forks: bool = False) -> bool:
        with self.lock:
            self.in_forks = self.in_forks or in_forks
            if self.server is not None:
                if not self.server.is_intact():
                    self.server.disown()
                    # Not to be cleared away: that, too, closes a descriptor by its number.
                    self.disowned.append(self.server)
                elif self.server.is_alive():
                    return True
            # Any of the server's threads may use a class often enough.
            load("trayapp.dataclass.compiling")
            try:
                server = self._listen(runtime)
                try:
                    server.start()
                except BaseException:
                    server.stop()
                    raise
            except Exception:  # noqa: BLE001  (a helper must not be what its program stumbles over)
                return False
            self.server = server
            self._prepare_end()
            self._watch_pressure()
        return True

    def stop(self, limit_seconds: float = 1.0) -> None:
        with self.lock:
            server, self.server = self.server, None
        if server is None:
            return
        if server.is_intact():
            server.stop(limit_seconds)
        else:
            # What has their numbers now is not to be written to, or closed.
            server.disown()
            self.disowned.append(server)
        self.leave_tasks()

    def leave_tasks(self) -> None:
        """Write the tasks that nobody has asked for into a file; never raise."""
        from trayapp.probe.handover import leave_tasks
        from trayapp.probe.tasks import leave_peaks, untold_tasks

        with suppress(Exception):  # the disk may be full, say: a program that ends goes on ending
            from trayapp.control.process_endpoints import LEFT_TASKS, own_name

            leave_peaks()
            if self.folder is not None:
                leave_tasks(self.folder, own_name(LEFT_TASKS), *untold_tasks())

    @staticmethod
    def _watch_pressure() -> None:
        """Look at the memory pressure where whoever started the program wants that."""
        if "MEMORY_PRESSURE_WATCH" in os.environ or "MEMTRAY_PRESSURE" in os.environ:
            with suppress(Exception):
                from trayapp.probe.pressure import ensure_watch

                ensure_watch()

    def _prepare_end(self) -> None:
        from trayapp.probe.collections_watch import watch_collections
        from trayapp.probe.tasks import watch_peaks

        watch_peaks()
        watch_collections()
        multiprocessing = sys.modules.get("multiprocessing.util")
        if multiprocessing is not None:
            # Its children end without what is registered at exit.
            with suppress(Exception):
                multiprocessing.Finalize(None, _stop_at_exit, exitpriority=0)

    def collect(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load(*_FOR_ALL, *_FOR_REPORTS)
        from trayapp.errors import ControlError
        from trayapp.language.catalogue import _
        from trayapp.probe.memory import collect

        if not self.collecting.acquire(blocking=False):
            raise ControlError(_("It is already collecting; try again later"))
        try:
            return collect(with_caches=arguments.get("caches") is True)
        finally:
            self.collecting.release()

    def report(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load(*_FOR_REPORTS)
        from trayapp.probe.memory import report

        return report(with_library_heaps=arguments.get("library_heaps") is True)

    def tasks(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load("trayapp.probe.tasks")
        from trayapp.probe.tasks import finished_tasks

        after = arguments.get("after")
        return finished_tasks(after if isinstance(after, int) else 0)

    def investigate(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load(*_FOR_ALL, "trayapp.probe.investigating")
        from trayapp.probe.investigating import LONGEST_PAUSE_SECONDS, investigate, plan

        if not getattr(sys, "_is_gil_enabled", lambda: True)():
            from trayapp.errors import ControlError
            from trayapp.language.catalogue import _

            raise ControlError(_("A free-threaded Python cannot be stopped to be examined"))
        if arguments.get("plan") is True:
            return plan()
        longest = arguments.get("longest_seconds")
        seconds = float(longest) if isinstance(longest, int | float) else LONGEST_PAUSE_SECONDS
        with self.collecting:
            return investigate(seconds, is_forced=arguments.get("force") is True)

    def dump(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load(*_FOR_ALL, "json", "tracemalloc", "trayapp.language.reasons", "trayapp.probe.dumping")
        from trayapp.errors import ControlError
        from trayapp.language.reasons import file_problem
        from trayapp.probe.dumping import dump

        with self.collecting:
            try:
                return dump(str(arguments.get("path")))
            except OSError as error:
                raise ControlError(file_problem(error)) from error
            except ValueError as error:
                raise ControlError(str(error)) from error

    def alert(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        load("trayapp.probe.alerts")
        from trayapp.probe.alerts import hear

        return hear(arguments)

    def _listen(self, runtime: Path | None) -> ControlServer:
        from trayapp.control.process_endpoints import PROBE, own_name, sweep
        from trayapp.control.server import ControlServer
        from trayapp.paths import current_paths

        class Server(ControlServer):
            def run(self) -> None:
                with suppress(OSError):  # the program has closed all descriptors, ours among them
                    super().run()

        folder = current_paths().shared_runtime if runtime is None else runtime
        handlers = {
            "alert": self.alert,
            "dump": self.dump,
            "investigate": self.investigate,
            "collect": self.collect,
            "report": self.report,
            "tasks": self.tasks,
        }
        server = Server(folder, handlers, name=own_name(PROBE))
        self.folder = folder
        sweep(folder)
        return server


_probe = _Probe()


def start(runtime: Path | None = None, *, in_forks: bool = False) -> bool:
    """Listen until the program ends or `stop`; harmless where that is done already. Any thread.

    `runtime` is the folder that Memtray looks into, by default this user's. A forked child has no
    probe until it calls this itself; with `in_forks` it has one from the start, as the workers of
    servers need it that load the program before they fork.

    Returns: whether it listens; never raises.
    """
    if _probe.pid != os.getpid():
        _leave_to_parent()  # forked by a server in C, such as uWSGI, which does not say so
    return _probe.start(runtime, in_forks=in_forks)


def stop() -> None:
    """Stop listening, and wait up to a second for what is being done. Any thread; never raises."""
    if _probe.pid == os.getpid():
        _probe.stop()


def _stop_at_exit() -> None:
    if _probe.pid == os.getpid():
        _probe.stop(_EXIT_SECONDS)


def _leave_to_parent() -> None:
    """Abandon the server, which is the parent's, in a child that was just forked."""
    global _probe
    parents, _probe = _probe, _Probe()
    if parents.server is not None:
        with suppress(OSError):
            parents.server.abandon()
        if parents.in_forks:
            _probe.start(parents.folder, in_forks=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
atexit.register(_stop_at_exit)
