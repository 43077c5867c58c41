"""`memtray run`: a command is reported or restarted before it takes too much memory."""

from __future__ import annotations

import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from trayapp.control.process_endpoints import GUARD, own_name, sweep
from trayapp.control.server import ControlServer
from trayapp.domain.acting.guarding import RestartBudget
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.guard.command import Command
from trayapp.guard.console import Console
from trayapp.guard.environment import command_environment
from trayapp.guard.run_limits import RunLimits, RunPressure
from trayapp.guard.run_options import RunOptions, check
from trayapp.guard.run_records import RunRecord, RunRecords
from trayapp.guard.size_watch import SizeWatch
from trayapp.guard.terminal import Terminal
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration

REST_COSTS = 4.0
"""The pause after a look, in times of what it took: 20% of a core at most."""
GRACE_SECONDS = 10.0
"""How long the command may take to end when it is asked to."""
REST_GRACE_SECONDS = 5.0
"""And after that those whom it has left behind."""
ANSWER_SECONDS = 40.0
"""Longer than a restart takes, with everything that it waits for."""

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
_FORWARDED = (*_ENDING, "SIGUSR1", "SIGUSR2", "SIGTSTP")
_HANDLED = (*_FORWARDED, "SIGCHLD", "SIGCONT")
_STOPS_OF_TERMINALS = {
    getattr(signal, name, None) for name in ("SIGTSTP", "SIGTTIN", "SIGTTOU")
} - {None}
_WAIT_SECONDS = 0.05
"""How often the end of processes is checked where no signal reports it."""
_HAS_SIGCHLD = hasattr(signal, "SIGCHLD")


def main(
    options: RunOptions,
    runtime: Path,
    stderr: TextIO = sys.stderr,
    records: RunRecords | None = None,
) -> int:
    """Run the command to its end, guarded; main thread. records: who keeps its past.

    Returns: its exit code; 128 + n if signal n ended it; 126 or 127 if it cannot be started again.
    Raises: UsageError, or RecordingError for a command that is not found, before it was started.
    """
    check(options)
    guard = _Guard(options, stderr, records)
    try:
        guard.listen(runtime)
        guard.start()
        return guard.run()
    finally:
        guard.close()


class _Request:
    """A request of another process, which the main thread answers."""

    def __init__(self, keys: tuple[ProcessKey, ...], *, is_restart: bool) -> None:
        self.keys = keys
        self.is_restart = is_restart
        self.answer: queue.SimpleQueue[dict[str, object] | MemtrayError] = queue.SimpleQueue()


class _Guard:
    """One guarded run. Everything happens in the main thread, in the order in which it comes in."""

    def __init__(self, options: RunOptions, stderr: TextIO, records: RunRecords | None) -> None:
        self._options = options
        self._name = process_label(options.command, options.command[0])
        self._console, self._records = Console(stderr), records
        self._pressure: RunPressure = ""
        """What ended the run before this one."""
        self._reset_watch()
        self._budget = RestartBudget()
        # Its `put` may be called by a signal handler at any moment.
        self._events: queue.SimpleQueue[int | _Request] = queue.SimpleQueue()
        self._before: dict[int, Any] = {}
        self._terminal = Terminal()
        self._command: Command | None = None
        self._server: ControlServer | None = None
        self._asked: _Request | None = None
        """The request for a restart, until it is answered."""
        self._is_restarting = False
        self._is_to_end = False
        """A signal that asks programs to end came during a restart."""
        self._exit_code = 0
        """When there is no command any more that could tell its own."""

    # -- life

    def start(self) -> None:
        """Start the command. Raises: UsageError."""
        for name in _HANDLED:
            number = getattr(signal, name, None)
            # What is ignored from the beginning (nohup) is meant to be.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        try:
            self._command = self._start_command()
        except OSError as error:
            raise UsageError(self._start_problem(error)) from error

    def listen(self, runtime: Path) -> None:
        """Let Memtray ask for a restart; without that the run goes on as well."""
        handlers: dict[str, Callable[[Mapping[str, object]], Mapping[str, object]]] = {
            "guards": lambda arguments: self._pass_on(arguments, is_restart=False),
            "restart": lambda arguments: self._pass_on(arguments, is_restart=True),
        }
        try:
            self._server = ControlServer(runtime, handlers, name=own_name(GUARD))
            self._server.start()
            sweep(runtime)
        except (MemtrayError, OSError, ValueError, RuntimeError) as error:
            self._console.print_line(
                _("Memtray cannot ask for a restart: {reason}").format(reason=error)
            )

    def run(self) -> int:
        """Guard the command until it ends; return its exit code."""
        check_at = time.monotonic() + self._options.interval_seconds
        while self._command is not None:
            if self._command.has_ended():
                if not self._restarts_killed():
                    return self._end()
                continue
            now = time.monotonic()
            if now >= check_at:
                began = time.thread_time()
                self._check_size(self._command.read_size(), now)
                rest_seconds = REST_COSTS * (time.thread_time() - began)
                check_at = time.monotonic() + max(self._options.interval_seconds, rest_seconds)
            elif self._asked is not None:
                self._restart_as_asked()
            else:
                self._handle_event(check_at - now)
        return self._exit_code

    def close(self) -> None:
        if self._asked is not None:
            self._asked.answer.put(ControlError(_("{name} has exited").format(name=self._name)))
        if self._server is not None:
            self._server.stop()
        if self._command is not None:
            self._end()
        self._terminal.close()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self) -> int:
        """End the command and all that it has started; return its exit code as a shell has it."""
        command = self._command
        assert command is not None  # noqa: S101  (who calls knows that it runs)
        if not command.has_ended():
            command.ask_to_end()
            self._wait(command.has_ended, GRACE_SECONDS)
        if command.has_ended() and not command.has_left():
            command.ask_rest_to_end()
            self._wait(command.has_left, REST_GRACE_SECONDS)
        if not command.has_left():
            command.kill()
        self._command = None
        code = command.close()
        self._keep_record(code)
        return code

    def _keep_record(self, exit_code: int) -> None:
        if self._records is None:
            return
        watch = self._watch
        record = RunRecord(
            name=self._name,
            began_wall_seconds=self._began_wall_seconds,
            seconds=time.monotonic() - self._began_seconds,
            pressure=watch.pressure,
            peak_bytes=watch.peak_bytes,
            growth_bytes_per_second=watch.fastest_bytes_per_second,
            exit_code=exit_code,
            restarted=self._is_restarting,
            limits=self._limits().text(),
        )
        self._records.keep(record, self._options.command)

    # -- what comes in

    def _on_signal(self, number: int, _frame: object) -> None:
        self._events.put(number)

    def _pass_on(self, arguments: Mapping[str, object], *, is_restart: bool) -> dict[str, object]:
        """Have the main thread answer a request. A thread of the server's."""
        request = _Request(_keys(arguments.get("processes")), is_restart=is_restart)
        self._events.put(request)
        try:
            answer = request.answer.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise ControlError(_("The restart is taking too long; check the program")) from None
        if isinstance(answer, MemtrayError):
            raise answer
        return answer

    def _handle_event(self, seconds: float) -> None:
        """Handle the next event, but wait no longer than so many seconds."""
        if not _HAS_SIGCHLD:
            seconds = min(seconds, _WAIT_SECONDS)
        try:
            event = self._events.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return
        if isinstance(event, _Request):
            self._answer(event)
        elif _name(event) == "SIGCHLD":
            self._follow_stop()
        elif _name(event) == "SIGCONT":
            if self._command is not None:
                self._command.resume()
        else:
            if self._is_restarting and _name(event) in _ENDING:
                self._is_to_end, self._exit_code = True, 128 + event
            if self._command is not None:
                self._command.send(event)

    def _wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Handle events until it is over, but not longer than so many seconds."""
        deadline = time.monotonic() + seconds
        while not is_over() and time.monotonic() < deadline:
            self._handle_event(_WAIT_SECONDS)

    def _follow_stop(self) -> None:
        """Stop with the command when a person has stopped it at the terminal (Ctrl-Z)."""
        command = self._command
        number = None if command is None else command.stop_signal()
        if command is None or number not in _STOPS_OF_TERMINALS or not self._terminal.has_any:
            return
        has_it = self._terminal.is_with(os.getpgrp()) or self._terminal.is_with(command.pid)
        # It may have reached for the terminal just before it got it.
        if number == signal.SIGTSTP or not has_it:
            self._terminal.take_from(command.pid)
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(0, signal.SIGTSTP)  # goes on when the shell says so
            signal.signal(signal.SIGTSTP, handler)
        command.resume()

    def _answer(self, request: _Request) -> None:
        command = self._command
        if command is not None and not self._is_restarting:
            command.read_size()
        is_ours = command is not None and any(command.includes(key) for key in request.keys)
        if not request.is_restart or not is_ours:
            request.answer.put({"guards": is_ours})
        elif self._is_restarting or self._asked is not None:
            text = _("{name} is already being restarted")
            request.answer.put(ControlError(text.format(name=self._name)))
        else:
            self._asked = request

    # -- what is done

    def _reset_watch(self) -> None:
        options = self._options
        self._began_seconds, self._began_wall_seconds = time.monotonic(), time.time()
        self._watch = SizeWatch(
            self._name,
            options.high_bytes,
            options.critical_bytes,
            options.interval_seconds,
            self._console.print_line,
        )

    def _check_size(self, size_bytes: int, now: float) -> None:
        if not self._options.restart:
            self._watch.add_size(size_bytes, now)
            return
        left_seconds = self._budget.seconds_left(now)
        note = _("{name} uses {size}, above the limit of {bound}.")
        if left_seconds:
            note = _(
                "CRITICAL: {name} uses {size}, above the limit of {bound}, but has already "
                "been restarted {count} times within an hour; no restart for {time}."
            )
            left = format_duration(left_seconds)
            note = note.replace("{count}", str(self._budget.per_hour)).replace("{time}", left)
        self._watch.add_size(size_bytes, now, note)
        if self._watch.is_critical and not left_seconds:
            self._restart()

    def _restarts_killed(self) -> bool:
        """Start the command again if it was killed under pressure, as by the kernel."""
        options, command = self._options, self._command
        if not options.restart or not self._watch.pressure or self._is_to_end or command is None:
            return False
        if not command.was_killed() or self._budget.seconds_left(time.monotonic()):
            return False
        self._console.print_line(
            _("{name} was killed while it was above a limit.").format(name=self._name)
        )
        self._restart()
        return True

    def _restart_as_asked(self) -> None:
        now = time.monotonic()
        left_seconds = self._budget.seconds_left(now)
        request, self._asked = self._asked, None
        assert request is not None  # noqa: S101  (who calls has looked)
        if left_seconds:
            text = _(
                "{name} has already been restarted {count} times within an hour; no "
                "restart for {time}"
            )
            left = format_duration(left_seconds)
            values = {"name": self._name, "count": self._budget.per_hour, "time": left}
            request.answer.put(ControlError(text.format(**values)))
            return
        self._console.print_line(_("Memtray asked to restart {name}.").format(name=self._name))
        self._restart()
        if self._command is None:
            text = _("{name} could not be restarted")
            request.answer.put(ControlError(text.format(name=self._name)))
        else:
            request.answer.put({"guards": True, "pid": self._command.pid})

    def _restart(self) -> None:
        """End the command and start it again after a pause; afterwards it may be None."""
        pause_seconds = self._budget.spend(time.monotonic()) or 0.0
        text = _("Restarting {name}: restart {count} of at most {most} an hour.")
        count = self._budget.count(time.monotonic())
        self._console.print_line(
            text.format(name=self._name, count=count, most=self._budget.per_hour)
        )
        if self._options.cooldown_seconds is not None:
            pause_seconds = self._options.cooldown_seconds
        self._is_restarting = True
        self._end()
        self._pressure = self._watch.pressure
        self._wait(lambda: self._is_to_end, pause_seconds)
        self._is_restarting = False
        if not self._is_to_end:
            self._start_next()

    def _start_next(self) -> None:
        self._reset_watch()
        try:
            self._command = self._start_command()
        except OSError as error:
            self._console.print_line(self._start_problem(error))
            self._exit_code = 127 if isinstance(error, FileNotFoundError) else 126

    def _start_command(self) -> Command:
        options = self._options
        more = self._limits().variables(self._pressure)
        environment = command_environment(os.environ, options.probe, more)
        return Command(options.command, self._terminal, options.least_bound_bytes, environment)

    def _limits(self) -> RunLimits:
        """Return those of this run, by what has ended the one before it."""
        if self._pressure == "critical":
            return self._options.on_critical
        return self._options.on_high if self._pressure else RunLimits()

    def _start_problem(self, error: OSError) -> str:
        reason = error.strerror or str(error)
        return _("cannot start {name}: {reason}").format(name=self._name, reason=reason)


def _keys(processes: object) -> tuple[ProcessKey, ...]:
    """Return the processes that a request names, which may hold anything."""
    return tuple(
        ProcessKey(*pair)
        for pair in (processes if isinstance(processes, list) else [])
        if isinstance(pair, list) and len(pair) == 2 and all(type(part) is int for part in pair)
    )


def _name(number: int) -> str:
    return signal.Signals(number).name
