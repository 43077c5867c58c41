"""On battery or not, by the folders that Linux shows for each supply."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trayapp.readers.power import PERIOD_SECONDS, PowerReader

MAINS_ON = {"type": "Mains", "online": "1"}
MAINS_OFF = {"type": "Mains", "online": "0"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}
USB = {"type": "USB", "online": "1"}


def battery(status: str) -> dict[str, str]:
    return {"type": "Battery", "status": status}


def plug(root: Path, *supplies: dict[str, str]) -> None:
    for number, supply in enumerate(supplies):
        folder = root / f"supply{number}"
        folder.mkdir(exist_ok=True)
        for name, text in supply.items():
            (folder / name).write_text(text + "\n")


def on_battery(root: Path) -> bool | None:
    return PowerReader(str(root), system="linux").on_battery(0.0)


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        # A laptop, plugged in or not.
        ([MAINS_ON, battery("Charging")], False),
        ([MAINS_ON, battery("Not charging")], False),
        # A weak charger: it discharges slowly, but is plugged in.
        ([MAINS_ON, battery("Discharging")], False),
        ([MAINS_OFF, battery("Discharging")], True),
        ([MAINS_OFF, battery("Unknown")], True),
        ([MAINS_OFF, MAINS_ON, battery("Full")], False),
        # Two batteries, of which one is used at a time.
        ([battery("Not charging"), battery("Discharging")], True),
        # Charged by USB-C, which may as well feed something else: the battery knows.
        ([USB, battery("Charging")], False),
        ([USB, battery("Discharging")], True),
        ([battery("Unknown")], None),
        ([{"type": "UPS", "status": "Discharging"}], True),
        # A desktop; its mouse does not count.
        ([], None),
        ([MOUSE], None),
        ([MAINS_ON, MOUSE], False),
        ([MAINS_OFF, MOUSE], None),
        # Broken or strange.
        ([{}], None),
        ([{"type": "Battery"}], None),
    ],
)
def test_supplies(tmp_path: Path, supplies: list[dict[str, str]], expected: bool | None) -> None:
    plug(tmp_path, *supplies)
    assert on_battery(tmp_path) is expected


def test_a_machine_without_such_a_folder_does_not_know(tmp_path: Path) -> None:
    assert on_battery(tmp_path / "missing") is None


def test_pulling_the_plug_is_noticed_within_half_a_minute(tmp_path: Path) -> None:
    plug(tmp_path, MAINS_ON, battery("Charging"))
    reader = PowerReader(str(tmp_path), system="linux")
    assert reader.on_battery(0.0) is False
    plug(tmp_path, MAINS_OFF, battery("Discharging"))
    assert reader.on_battery(PERIOD_SECONDS - 1) is False
    assert reader.on_battery(PERIOD_SECONDS) is True


@pytest.mark.skipif(sys.platform != "linux", reason="compares with this machine's own folder")
def test_the_portable_way_agrees_where_both_know() -> None:
    ours = PowerReader().on_battery(0.0)
    theirs = PowerReader(system="darwin").on_battery(0.0)
    assert ours is None or theirs is None or ours == theirs
