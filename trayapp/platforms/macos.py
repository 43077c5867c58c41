"""macOS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.platforms import CARRY_HOME, TRIM_OWN_HEAP, posix
from trayapp.platforms.locking import InstanceLock
from trayapp.platforms.termination import terminate_by_psutil

LABEL = "memtray"
DESCRIPTOR_CEILING = 10240
"""OPEN_MAX: macOS refuses a higher soft limit even where the hard one is "unlimited"."""


class MacPlatform:
    """See `Platform`."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    @property
    def capabilities(self) -> frozenset[str]:
        """See `Platform`."""
        return frozenset({CARRY_HOME, TRIM_OWN_HEAP})

    def autostart_status(self) -> bool:
        """See `Platform`."""
        import plistlib
        from xml.parsers.expat import ExpatError

        try:
            agent = plistlib.loads(self._agent_file().read_bytes())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise PlatformError(
                _("Cannot read {file}: {reason}.").format(
                    file=self._agent_file(), reason=error.strerror
                )
            ) from error
        except (ExpatError, ValueError):  # launchd will not take it, either
            return False
        return isinstance(agent, dict) and agent.get("Disabled") is not True

    def autostart_enable(self, command: Sequence[str]) -> None:
        """See `Platform`. launchd reads the file at the next login; it is not asked to now."""
        import plistlib

        agent: dict[str, Any] = {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            # Only where there is a menu bar: not for remote logins.
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
        home = posix.home_to_carry(self._env)
        if home is not None:
            agent["EnvironmentVariables"] = {"MEMTRAY_HOME": home}
        try:
            content = plistlib.dumps(agent)
        except ValueError as error:  # a control character, or a path that is not UTF-8
            raise PlatformError(
                _(
                    "The command {command} cannot be written into a property list; install "
                    "Memtray in a folder with a plain name."
                ).format(command=repr(list(command)))
            ) from error
        posix.replace_file(self._agent_file(), content)

    def autostart_disable(self) -> None:
        """See `Platform`."""
        posix.remove_file(self._agent_file())

    def add_application(self, command: Sequence[str], icon: Path | None) -> bool:  # noqa: ARG002
        """Not offered: that takes an application bundle."""
        return False

    def open_file(
        self, path: Path, on_failure: Callable[[PlatformError], None] | None = None
    ) -> None:
        """See `Platform`; settings open as text, because no program claims .toml."""
        program = posix.find_program("open", self._env)
        if program is None:
            raise PlatformError(
                _("The command `open` is missing from PATH; open {file} yourself.").format(
                    file=path
                )
            )
        options = ("-t",) if path.suffix == ".toml" else ()
        command = (program, *options, str(path.absolute()))
        posix.open_with(command, path, self._env, on_failure)

    def raise_descriptor_limit(self) -> int | None:
        """See `Platform`."""
        return posix.raise_descriptor_limit(DESCRIPTOR_CEILING)

    def single_instance_lock(self, path: Path) -> InstanceLock:
        """See `Platform`."""
        return posix.single_instance_lock(path)

    def trim_process(self, pid: int) -> None:
        """Not offered."""
        raise PlatformError(
            _(
                "macOS offers no way to take memory back from another process ({pid}); only "
                "the program itself can: use its own way of freeing memory, or restart it."
            ).format(pid=pid)
        )

    def terminate(self, key: ProcessKey) -> None:
        """See `Platform`."""
        terminate_by_psutil(key)

    def share_one_heap(self) -> None:
        """See `Platform`: nothing to be saved here."""

    def trim_own_heap(self) -> bool | None:
        """See `Platform`; the system does not tell how much it got."""
        import psutil  # loaded there anyway: the readers use it

        with suppress(AttributeError, OSError):
            psutil.heap_trim()
            return True
        return None

    def _agent_file(self) -> Path:
        home = Path(self._env.get("HOME") or Path.home())
        return home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
