"""The platform of macOS: a launch agent, `open` and psutil."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.paths import home_folder
from trayapp.platforms import posix
from trayapp.platforms.psutil_platform import PsutilPlatform

LABEL = "memtray"


class MacPlatform(posix.PosixPlatform, PsutilPlatform):
    """The `Platform` on macOS; start at login is a launch agent."""

    DESCRIPTOR_CEILING = 10240
    """OPEN_MAX: macOS refuses a higher soft limit even where the hard one is "unlimited"."""

    def autostart_file(self) -> Path:
        home = Path(self._env.get("HOME") or home_folder())
        return home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def autostart_status(self) -> bool:
        import plistlib
        from xml.parsers.expat import ExpatError

        content = self._read_autostart_file()
        if content is None:
            return False
        try:
            agent = plistlib.loads(content)
        except (ExpatError, ValueError):  # launchd will not take it, either
            return False
        return isinstance(agent, dict) and agent.get("Disabled") is not True

    def autostart_enable(self, command: Sequence[str]) -> None:
        """Write a launch agent, which launchd reads at the next login."""
        import plistlib

        try:
            content = plistlib.dumps(self._agent(command))
        except ValueError as error:  # a control character, or a path that is not UTF-8
            template = _(
                "The command {command} cannot be written to a property list; install "
                "Memtray in a folder with a plain name."
            )
            raise PlatformError(template.format(command=repr(list(command)))) from error
        posix.replace_file(self.autostart_file(), content)

    def autostart_renew(self, command: Sequence[str]) -> bool:
        """Write anew an agent of the time before it came back when it was killed."""
        import plistlib
        from xml.parsers.expat import ExpatError

        before = self._agent(command)
        del before["KeepAlive"]
        try:
            if plistlib.loads(self._read_autostart_file() or b"") != before:
                return False
        except (ExpatError, ValueError):
            return False
        self.autostart_enable(command)
        return True

    def _agent(self, command: Sequence[str]) -> dict[str, Any]:
        agent: dict[str, Any] = {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            # Killed, it is to come back; who quits it has quit it.
            "KeepAlive": {"SuccessfulExit": False},
            # Only where there is a menu bar: not for remote logins.
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
        home = posix.home_to_carry(self._env)
        if home is not None:
            agent["EnvironmentVariables"] = {"MEMTRAY_HOME": home}
        return agent

    def open_file(
        self, path: Path, on_failure: Callable[[PlatformError], None] | None = None
    ) -> None:
        """Run `open`; settings open as text, because no program claims .toml."""
        program = posix.find_program("open", self._env)
        if program is None:
            template = _("The command `open` is missing from PATH; open {file} yourself.")
            raise PlatformError(template.format(file=path))
        options = ("-t",) if path.suffix == ".toml" else ()
        command = (program, *options, str(path.absolute()))
        posix.open_with(command, path, self._env, on_failure)

    def trim_process(self, pid: int) -> None:
        """Refuse: macOS offers no such call."""
        template = _(
            "macOS cannot free another process's memory ({pid}). Restart the program, "
            "or add the Python probe to it."
        )
        raise PlatformError(template.format(pid=pid))
