"""Windows, as far as Linux can tell: against stand-ins of its calls; nothing of it ran here.

Registry, byte locks and kernel32 behave as Microsoft's documentation says, error codes included.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trayapp.errors import AlreadyRunningError, PlatformError
from trayapp.platforms import current_platform
from trayapp.platforms.windows import APPROVED_KEY, ENVIRONMENT_KEY, RUN_KEY, WindowsPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [r"C:\Program Files\Memtray\memtray.exe", "start"]


class FakeWinreg:
    """The registry of one user: missing keys and values raise what winreg raises."""

    HKEY_CURRENT_USER = object()
    KEY_SET_VALUE = 2
    REG_SZ = 1

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, object]] = {RUN_KEY: {}}
        self.locked = False

    @contextmanager
    def _open(self, path: str, *, write: bool) -> Iterator[dict[str, object]]:
        if self.locked and write:
            raise PermissionError(13, "Access is denied")
        if path not in self.keys:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        yield self.keys[path]

    def OpenKey(self, root: object, path: str, reserved: int = 0, access: int = 1) -> object:  # noqa: N802
        assert root is self.HKEY_CURRENT_USER
        assert reserved == 0
        return self._open(path, write=access == self.KEY_SET_VALUE)

    def CreateKey(self, root: object, path: str) -> object:  # noqa: N802
        assert root is self.HKEY_CURRENT_USER
        self.keys.setdefault(path, {})
        return self._open(path, write=True)

    def QueryValueEx(self, key: dict[str, object], name: str) -> tuple[object, int]:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return key[name], self.REG_SZ

    def SetValueEx(  # noqa: N802
        self, key: dict[str, object], name: str, reserved: int, kind: int, value: object
    ) -> None:
        assert (reserved, kind) == (0, self.REG_SZ)
        key[name] = value

    def DeleteValue(self, key: dict[str, object], name: str) -> None:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        del key[name]


class FakeMsvcrt:
    """Byte locks: of the file, at the descriptor's position, gone when it is closed."""

    LK_NBLCK = 2
    LK_UNLCK = 0

    def __init__(self) -> None:
        self.locks: dict[tuple[int, int], int] = {}

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert count == 1
        byte = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        if mode == self.LK_UNLCK:
            del self.locks[byte]
        elif byte in self.locks:
            raise PermissionError(13, "Permission denied")
        else:
            self.locks[byte] = descriptor


class FakeKernel32:
    """Three processes: ours (10), one of another user (20), one that refuses (30)."""

    def __init__(self) -> None:
        self.open_handles: list[int] = []
        self.emptied: list[int] = []
        self.error = 0

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int | None:  # noqa: N802
        assert access == 0x0100 | 0x1000
        assert not inherit
        if pid not in (10, 30):
            self.error = 5 if pid == 20 else 87
            return None
        self.open_handles.append(pid)
        return pid

    def K32EmptyWorkingSet(self, handle: int) -> int:  # noqa: N802
        if handle == 30:
            self.error = 1453
            return 0
        self.emptied.append(handle)
        return 1

    def CloseHandle(self, handle: int) -> int:  # noqa: N802
        self.open_handles.remove(handle)
        return 1


def windows(winreg: FakeWinreg | None = None, **env: str) -> WindowsPlatform:
    return WindowsPlatform(env, winreg=winreg or FakeWinreg())


def test_start_at_login_on_status_off() -> None:
    registry = FakeWinreg()
    platform = windows(registry)
    assert not platform.autostart_status()
    platform.autostart_enable(COMMAND)
    assert registry.keys[RUN_KEY]["Memtray"] == r'"C:\Program Files\Memtray\memtray.exe" start'
    assert platform.autostart_status()
    platform.autostart_disable()
    platform.autostart_disable()
    assert not platform.autostart_status()


def test_a_new_account_without_the_key() -> None:
    registry = FakeWinreg()
    registry.keys.clear()
    platform = windows(registry)
    assert not platform.autostart_status()
    platform.autostart_disable()
    platform.autostart_enable(COMMAND)
    assert platform.autostart_status()


def test_the_task_managers_switch_is_seen_and_overruled() -> None:
    registry = FakeWinreg()
    platform = windows(registry)
    platform.autostart_enable(COMMAND)
    registry.keys[APPROVED_KEY] = {"Memtray": b"\x02" + bytes(11)}
    assert platform.autostart_status()
    registry.keys[APPROVED_KEY] = {"Memtray": b"\x03" + bytes(11)}
    assert not platform.autostart_status()
    platform.autostart_enable(COMMAND)
    assert platform.autostart_status()


def test_a_locked_registry_is_said() -> None:
    registry = FakeWinreg()
    registry.locked = True
    platform = windows(registry)
    with pytest.raises(PlatformError, match="administrator"):
        platform.autostart_enable(COMMAND)
    with pytest.raises(PlatformError, match="administrator"):
        platform.autostart_disable()


def test_a_command_that_login_would_ignore_is_refused() -> None:
    with pytest.raises(PlatformError, match="260"):
        windows().autostart_enable(["C:\\" + "x" * 260])


def test_the_home_is_carried_only_by_the_account() -> None:
    """A command cannot set it; where the account does, nothing is missing."""
    registry = FakeWinreg()
    platform = windows(registry, MEMTRAY_HOME="D:\\m")
    with pytest.raises(PlatformError, match=r'setx MEMTRAY_HOME "D:\\m"'):
        platform.autostart_enable(COMMAND)
    assert not platform.autostart_status()
    registry.keys[ENVIRONMENT_KEY] = {"MEMTRAY_HOME": "D:\\m"}
    platform.autostart_enable(COMMAND)
    assert platform.autostart_status()


class Startfile:
    """Stands in for os.startfile; `error` is what Windows would answer."""

    def __init__(self, winerror: int | None = None) -> None:
        self.winerror = winerror
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str) -> None:
        self.calls.append(arguments)
        if self.winerror is not None and arguments[0] != "notepad.exe":
            error = OSError(22, "refused")
            error.winerror = self.winerror  # type: ignore[attr-defined,unused-ignore]
            raise error


def test_files_open_in_their_program(tmp_path: Path) -> None:
    startfile = Startfile()
    WindowsPlatform({}, startfile=startfile).open_file(tmp_path / "trend.png")
    assert startfile.calls == [(str(tmp_path / "trend.png"),)]


def test_what_no_program_claims_opens_in_notepad(tmp_path: Path) -> None:
    startfile = Startfile(winerror=1155)
    WindowsPlatform({}, startfile=startfile).open_file(tmp_path / "memtray.toml")
    assert startfile.calls[-1] == ("notepad.exe", "open", f'"{tmp_path / "memtray.toml"}"')


def test_what_windows_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="cannot open"):
        WindowsPlatform({}, startfile=Startfile(winerror=5)).open_file(tmp_path / "x")


def test_the_lock_is_exclusive_and_names_its_owner(tmp_path: Path) -> None:
    """The locked byte lies behind the pid, which others may read."""
    msvcrt = FakeMsvcrt()
    platform = WindowsPlatform({}, msvcrt=msvcrt)
    with platform.single_instance_lock(tmp_path / "lock") as lock:
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(AlreadyRunningError, match=f"process {os.getpid()};"):
            platform.single_instance_lock(tmp_path / "lock")
    lock.release()
    assert msvcrt.locks == {}
    platform.single_instance_lock(tmp_path / "lock").release()


def test_a_working_set_is_emptied_and_its_handle_closed() -> None:
    kernel32 = FakeKernel32()
    platform = WindowsPlatform({}, kernel32=kernel32, last_error=lambda: kernel32.error)
    platform.trim_process(10)
    assert kernel32.emptied == [10]
    for pid, reason in ((20, "another user"), (99, "has exited"), (30, "error 1453")):
        with pytest.raises(PlatformError, match=reason):
            platform.trim_process(pid)
    assert kernel32.open_handles == []


def test_there_is_no_descriptor_limit() -> None:
    assert current_platform({}, system="win32").raise_descriptor_limit() is None
