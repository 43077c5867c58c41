"""The platform of Windows: the registry, kernel32 and psutil."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.platforms.locking import InstanceLock
from trayapp.platforms.psutil_platform import PsutilPlatform

RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
"""Where the task manager and the settings note that a person switched an entry off."""
ENVIRONMENT_KEY = "Environment"
VALUE_NAME = "Memtray"
RUN_COMMAND_CHARACTERS = 260
"""Longer commands in the Run key are ignored at login."""

_PROCESS_SET_QUOTA = 0x0100
_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_ERROR_ACCESS_DENIED = 5
_ERROR_INVALID_PARAMETER = 87
_ERROR_NO_ASSOCIATION = 1155
_LOCKED_BYTE = 4096
"""Locks are mandatory here: a byte behind the pid, so that others can still read that."""


class WindowsPlatform(PsutilPlatform):
    """The `Platform` on Windows, whose own modules are parameters that tests stand in for."""

    TRIMS_OTHERS = True

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        winreg: Any = None,
        msvcrt: Any = None,
        kernel32: Any = None,
        last_error: Callable[[], int] | None = None,
        startfile: Callable[..., None] | None = None,
    ) -> None:
        super().__init__(env)
        self._winreg = winreg
        self._msvcrt = msvcrt
        self._kernel32 = kernel32
        self._last_error = last_error
        self._startfile = startfile

    def autostart_status(self) -> bool:
        if self._read_value(RUN_KEY, VALUE_NAME) is None:
            return False
        approved = self._read_value(APPROVED_KEY, VALUE_NAME)
        # Twelve bytes, of which the lowest bit means "switched off"; missing means on.
        return not (isinstance(approved, bytes) and approved[:1] and approved[0] & 1)

    def autostart_enable(self, command: Sequence[str]) -> None:
        """Write the Run key. A command in the registry cannot carry `MEMTRAY_HOME`."""
        from subprocess import list2cmdline

        line = list2cmdline(command)
        if len(line) > RUN_COMMAND_CHARACTERS:
            template = _(
                "Windows cannot start a command of more than {count} characters at login; "
                "install Memtray in a folder with a shorter path."
            )
            raise PlatformError(template.format(count=RUN_COMMAND_CHARACTERS))
        self._require_carried_home()
        registry = self._registry()
        try:
            with registry.CreateKey(registry.HKEY_CURRENT_USER, RUN_KEY) as key:
                registry.SetValueEx(key, VALUE_NAME, 0, registry.REG_SZ, line)
            self._delete_value(APPROVED_KEY)
        except OSError as error:
            raise _cannot_change_autostart(error) from error

    def autostart_disable(self) -> None:
        try:
            self._delete_value(RUN_KEY)
            self._delete_value(APPROVED_KEY)
        except OSError as error:
            raise _cannot_change_autostart(error) from error

    def open_file(
        self,
        path: Path,
        on_failure: Callable[[PlatformError], None] | None = None,  # noqa: ARG002
    ) -> None:
        """Call os.startfile; what has no program, such as .toml, opens in Notepad."""
        startfile = self._startfile or getattr(os, "startfile")  # noqa: B009  (Windows only)
        try:
            try:
                startfile(str(path.absolute()))
            except OSError as error:
                if getattr(error, "winerror", None) != _ERROR_NO_ASSOCIATION:
                    raise
                startfile("notepad.exe", "open", f'"{path.absolute()}"')
        except OSError as error:
            template = _("Windows cannot open {file} ({reason}); open it yourself.")
            raise PlatformError(template.format(file=path, reason=error.strerror)) from error

    def raise_descriptor_limit(self) -> int | None:
        """Return None: handles are not limited to a number that matters."""
        return None

    def single_instance_lock(self, path: Path) -> InstanceLock:
        msvcrt = self._msvcrt or importlib.import_module("msvcrt")

        def locking(descriptor: int, mode: int) -> None:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, mode, 1)

        return InstanceLock(
            path,
            lock=lambda descriptor: locking(descriptor, msvcrt.LK_NBLCK),
            unlock=lambda descriptor: locking(descriptor, msvcrt.LK_UNLCK),
        )

    def trim_process(self, pid: int) -> None:
        """Empty the working set of a process: it pages back in what it still uses."""
        kernel32, last_error = self._trim_calls()
        handle = kernel32.OpenProcess(
            _PROCESS_SET_QUOTA | _PROCESS_QUERY_LIMITED_INFORMATION, False, pid
        )
        if not handle:
            raise _cannot_trim(pid, last_error())
        try:
            if not kernel32.K32EmptyWorkingSet(handle):
                raise _cannot_trim(pid, last_error())
        finally:
            kernel32.CloseHandle(handle)

    def _require_carried_home(self) -> None:
        home = self._env.get("MEMTRAY_HOME")
        if home and self._read_value(ENVIRONMENT_KEY, "MEMTRAY_HOME") != home:
            raise PlatformError(
                _(
                    "Windows passes MEMTRAY_HOME on at login only if it is set for your "
                    'account; run `setx MEMTRAY_HOME "{home}"` and try again.'
                ).format(home=home)
            )

    def _registry(self) -> Any:
        return self._winreg or importlib.import_module("winreg")

    def _read_value(self, key_path: str, name: str) -> object:
        registry = self._registry()
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, key_path) as key:
                value: object = registry.QueryValueEx(key, name)[0]
        except FileNotFoundError:
            return None
        except OSError as error:
            template = _("Cannot read HKEY_CURRENT_USER\\{key}: {reason}.")
            raise PlatformError(template.format(key=key_path, reason=error.strerror)) from error
        return value

    def _delete_value(self, key_path: str) -> None:
        registry = self._registry()
        with (
            suppress(FileNotFoundError),
            registry.OpenKey(
                registry.HKEY_CURRENT_USER, key_path, 0, registry.KEY_SET_VALUE
            ) as key,
        ):
            registry.DeleteValue(key, VALUE_NAME)

    def _trim_calls(self) -> tuple[Any, Callable[[], int]]:
        if self._kernel32 is not None and self._last_error is not None:
            return self._kernel32, self._last_error
        ctypes: Any = importlib.import_module("ctypes")
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        # Handles are as wide as pointers; without this, ctypes would cut them to 32 bits.
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
        kernel32.K32EmptyWorkingSet.argtypes = (ctypes.c_void_p,)
        kernel32.CloseHandle.argtypes = (ctypes.c_void_p,)
        return kernel32, ctypes.get_last_error


def _cannot_change_autostart(error: OSError) -> PlatformError:
    return PlatformError(
        _(
            "Cannot change HKEY_CURRENT_USER\\{key} ({reason}); an administrator may "
            "have locked it."
        ).format(key=RUN_KEY, reason=error.strerror)
    )


def _cannot_trim(pid: int, code: int) -> PlatformError:
    reasons = {
        _ERROR_ACCESS_DENIED: _("it belongs to another user or to the system"),
        _ERROR_INVALID_PARAMETER: _("it has exited"),
    }
    reason = reasons.get(code, _("Windows error {code}").format(code=code))
    template = _("Windows cannot free the memory of process {pid}: {reason}.")
    return PlatformError(template.format(pid=pid, reason=reason))
