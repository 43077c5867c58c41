"""macOS, as far as Linux can tell: its files are written and read back; nothing of it ran here.

`open` is a script that stands in for the system's; property lists are read by Python's plistlib.
"""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from tests.readers.children import eventually
from trayapp.errors import AlreadyRunningError, PlatformError
from trayapp.platforms import current_platform
from trayapp.platforms.macos import MacPlatform


def agent_file(home: Path) -> Path:
    return home / "Library" / "LaunchAgents" / "memtray.plist"


def test_start_at_login_on_status_off(tmp_path: Path) -> None:
    platform = MacPlatform({"HOME": str(tmp_path)})
    assert not platform.autostart_status()
    platform.autostart_enable(["/Applications/My Apps/memtray", "start", "<&>"])
    agent = plistlib.loads(agent_file(tmp_path).read_bytes())
    assert agent["Label"] == "memtray"
    assert agent["ProgramArguments"] == ["/Applications/My Apps/memtray", "start", "<&>"]
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert "EnvironmentVariables" not in agent
    assert platform.autostart_status()
    platform.autostart_disable()
    platform.autostart_disable()
    assert not platform.autostart_status()


def test_an_agent_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    platform = MacPlatform({"HOME": str(tmp_path)})
    assert not platform.autostart_renew(["memtray"])
    platform.autostart_enable(["memtray"])
    assert not platform.autostart_renew(["memtray"])
    agent = plistlib.loads(agent_file(tmp_path).read_bytes())
    old = {key: value for key, value in agent.items() if key != "KeepAlive"}
    for changed in ({**old, "Nice": 5}, {**old, "ProgramArguments": ["other"]}, {"Disabled": True}):
        agent_file(tmp_path).write_bytes(plistlib.dumps(changed))
        assert not platform.autostart_renew(["memtray"])
    agent_file(tmp_path).write_bytes(plistlib.dumps(old))
    assert platform.autostart_renew(["memtray"])
    assert plistlib.loads(agent_file(tmp_path).read_bytes()) == agent


def test_the_home_is_carried(tmp_path: Path) -> None:
    MacPlatform({"HOME": str(tmp_path), "MEMTRAY_HOME": "/a b"}).autostart_enable(["memtray"])
    agent = plistlib.loads(agent_file(tmp_path).read_bytes())
    assert agent["EnvironmentVariables"] == {"MEMTRAY_HOME": "/a b"}


def test_a_disabled_or_broken_agent_is_off(tmp_path: Path) -> None:
    platform = MacPlatform({"HOME": str(tmp_path)})
    platform.autostart_enable(["memtray"])
    for content in (plistlib.dumps({"Disabled": True}), b"", b"<plist>", b"\0", b"bplist00"):
        agent_file(tmp_path).write_bytes(content)
        assert not platform.autostart_status()


@pytest.mark.parametrize("argument", ["bell\a", "\udcff"], ids=repr)
def test_what_a_property_list_cannot_hold_is_said(tmp_path: Path, argument: str) -> None:
    with pytest.raises(PlatformError, match="plain name"):
        MacPlatform({"HOME": str(tmp_path)}).autostart_enable([argument])
    assert not agent_file(tmp_path).exists()


@pytest.mark.parametrize(("name", "options"), [("memtray.toml", "-t "), ("trend.png", "")])
def test_files_open_and_settings_open_as_text(tmp_path: Path, name: str, options: str) -> None:
    program = tmp_path / "open"
    program.write_text('#!/bin/sh\necho "$*" > $OUT.part; /bin/mv $OUT.part $OUT\n')
    program.chmod(0o755)
    MacPlatform({"PATH": str(tmp_path), "OUT": str(tmp_path / "out")}).open_file(tmp_path / name)
    eventually((tmp_path / "out").exists)
    assert (tmp_path / "out").read_text() == f"{options}{tmp_path / name}\n"


def test_the_lock_is_exclusive(tmp_path: Path) -> None:
    platform = MacPlatform({})
    with platform.single_instance_lock(tmp_path / "lock"), pytest.raises(AlreadyRunningError):
        platform.single_instance_lock(tmp_path / "lock")


def test_what_macos_does_not_offer_is_said() -> None:
    platform = current_platform({}, system="darwin")
    with pytest.raises(PlatformError, match="macOS cannot free"):
        platform.trim_process(1)
