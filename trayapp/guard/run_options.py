"""What `memtray run` is asked for."""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.errors import UsageError
from trayapp.guard.environment import ProbeChoice
from trayapp.guard.run_limits import AFTER_CRITICAL, AFTER_HIGH, RunLimits
from trayapp.language.catalogue import _
from trayapp.recording.process_choice import find_program

CHECK_SECONDS = 0.5
SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 0.001, 60.0


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

    on_high: RunLimits = AFTER_HIGH
    """The limits of a run after one that was ended while it was above `high_bytes`."""
    on_critical: RunLimits = AFTER_CRITICAL
    cooldown_seconds: float | None = None
    """The pause before each restart; None: 1, 2, 4 and 8 s."""
    interval_seconds: float = CHECK_SECONDS

    @property
    def least_bound_bytes(self) -> int | None:
        """The lower of the two bounds; None: there is neither."""
        return min((each for each in (self.high_bytes, self.critical_bytes) if each), default=None)


def check(options: RunOptions) -> None:
    """Make sure that it can be done. Raises: UsageError, or RecordingError: no such command."""
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
    if not SHORTEST_INTERVAL_SECONDS <= options.interval_seconds <= LONGEST_INTERVAL_SECONDS:
        raise UsageError(_("--interval must be between 1ms and 60s"))
    find_program(options.command)
