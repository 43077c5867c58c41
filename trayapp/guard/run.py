"""`memtray run`: a command is reported or restarted before it takes too much memory."""

from __future__ import annotations

import os
import queue
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from trayapp.control.process_endpoints import GUARD, own_name, sweep
from trayapp.control.server import ControlServer
from trayapp.domain.acting.guarding import BoundWatch, RestartBudget
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.guard.command import Command
from trayapp.guard.environment import ProbeChoice, command_environment
from trayapp.guard.terminal import Terminal, from_the_background
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size
from trayapp.recording.process_choice import find_program

CHECK_SECONDS = 0.5
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of `memtray run`."""

    command: tuple[str, ...]
    """A program and its arguments."""
    high_bytes: int | None = None
    """Reported once on standard error, for all its processes together."""
    critical_bytes: int | None = None
    """Reported as critical; with `restart` the command is ended and started again."""
    restart: bool = False
    probe: ProbeChoice = "program"
    """Who gets a probe, of whatever runtime has one."""

    @property
    def least_bound_bytes(self) -> int | None:
        """The lower of the two bounds; None: there is neither."""
        return min((each for each in (self.high_bytes, self.critical_bytes) if each), default=None)


def main(options: RunOptions, runtime: Path, stderr: TextIO = sys.stderr) -> int:
    """Run the command to its end, guarded; main thread.

    Returns: its exit code; 128 + n if signal n ended it; 126 or 127 if it cannot be started again.
    Raises: UsageError, or RecordingError for a command that is not found, before it was started.
    """
    _check(options)
    guard = _Guard(options, stderr)
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

    def __init__(self, options: RunOptions, stderr: TextIO) -> None:
        self._options = options
        self._name = process_label(options.command, options.command[0])
        self._stderr = stderr
        self._reset_watches()
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
            self._print(_("Memtray cannot ask for a restart: {reason}").format(reason=error))

    def run(self) -> int:
        """Guard the command until it ends; return its exit code."""
        check_at = time.monotonic() + CHECK_SECONDS
        while self._command is not None:
            if self._command.has_ended():
                return self._end()
            now = time.monotonic()
            if now >= check_at:
                self._check_size(self._command.read_size(), now)
                check_at = time.monotonic() + CHECK_SECONDS
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
        return command.close()

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

    def _reset_watches(self) -> None:
        self._high = _watch(self._options.high_bytes)
        self._critical = _watch(self._options.critical_bytes)

    def _check_size(self, size_bytes: int, now: float) -> None:
        high, critical = self._high, self._critical
        is_high = high is not None and high.add_size(size_bytes)
        is_critical = critical is not None and critical.add_size(size_bytes)
        facts = {"name": self._name, "size": format_size(size_bytes)}
        if critical is not None:
            facts["bound"] = format_size(critical.bound_bytes)
            if self._options.restart and critical.is_over and not self._budget.seconds_left(now):
                self._print(_("{name} uses {size}, above the limit of {bound}.").format(**facts))
                self._restart()
                return
        if is_critical and self._options.restart:
            text = _(
                "CRITICAL: {name} uses {size}, above the limit of {bound}, but has already "
                "been restarted {count} times within an hour; no restart for {time}."
            )
            left = format_duration(self._budget.seconds_left(now))
            self._print(text.format(**facts, count=self._budget.per_hour, time=left), is_loud=True)
        elif is_critical:
            text = _("CRITICAL: {name} uses {size}, above the limit of {bound}.")
            self._print(text.format(**facts), is_loud=True)
        elif is_high and high is not None:
            facts["bound"] = format_size(high.bound_bytes)
            self._print(_("{name} uses {size}, above the limit of {bound}.").format(**facts))

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
        self._print(_("Memtray asked to restart {name}.").format(name=self._name))
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
        self._print(text.format(name=self._name, count=count, most=self._budget.per_hour))
        self._is_restarting = True
        self._end()
        self._wait(lambda: self._is_to_end, pause_seconds)
        self._is_restarting = False
        if not self._is_to_end:
            self._start_next()

    def _start_next(self) -> None:
        self._reset_watches()
        try:
            self._command = self._start_command()
        except OSError as error:
            self._print(self._start_problem(error))
            self._exit_code = 127 if isinstance(error, FileNotFoundError) else 126

    def _start_command(self) -> Command:
        options = self._options
        environment = command_environment(os.environ, options.probe)
        return Command(options.command, self._terminal, options.least_bound_bytes, environment)

    def _start_problem(self, error: OSError) -> str:
        reason = error.strerror or str(error)
        return _("cannot start {name}: {reason}").format(name=self._name, reason=reason)

    def _print(self, text: str, *, is_loud: bool = False) -> None:
        """Print a line on standard error, unless that takes none now; never raise."""
        line = f"memtray: {text}\n"
        with suppress(OSError, ValueError, AttributeError), from_the_background():
            if _takes_output(self._stderr.fileno()):
                bell = "\a" if is_loud and self._stderr.isatty() else ""
                encoding = self._stderr.encoding or "utf-8"
                self._stderr.write((bell + line).encode(encoding, "replace").decode(encoding))
                self._stderr.flush()


def _check(options: RunOptions) -> None:
    if not options.command:
        raise UsageError(
            _("which command should be run? For example: memtray run --high 500M -- COMMAND")
        )
    high, critical = options.high_bytes, options.critical_bytes
    if 0 in (high, critical):
        raise UsageError(_("--high and --critical must be greater than 0"))
    if high is not None and critical is not None and critical <= high:
        raise UsageError(_("--critical must be greater than --high"))
    if options.restart and critical is None:
        raise UsageError(_("--restart needs --critical SIZE"))
    find_program(options.command)


def _watch(bound_bytes: int | None) -> BoundWatch | None:
    return None if bound_bytes is None else BoundWatch(bound_bytes)


def _keys(processes: object) -> tuple[ProcessKey, ...]:
    """Return the processes that a request names, which may hold anything."""
    return tuple(
        ProcessKey(*pair)
        for pair in (processes if isinstance(processes, list) else [])
        if isinstance(pair, list) and len(pair) == 2 and all(type(part) is int for part in pair)
    )


def _name(number: int) -> str:
    return signal.Signals(number).name


def _takes_output(descriptor: int) -> bool:
    """Return whether a write would not block, as on a stopped terminal or a full pipe."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))
