"""How often what is no target, and private memory, is read: as the settings say."""

from __future__ import annotations

import os

from trayapp.readers.frames import MachineReader
from trayapp.settings.parsing import parse_settings


def test_applications_are_read_as_often_as_is_set() -> None:
    machine = MachineReader([], os.getpid() + 1_000_000)
    try:
        machine.set_periods(5.0, 30.0)
        found = [
            machine.read_frame(second, 1.0, with_groups=True).everything is not None
            for second in (0.0, 4.0, 5.0, 9.0, 10.0)
        ]
        assert found == [True, False, True, False, True]
        machine.set_periods(120.0, 30.0)
        assert machine.read_frame(100.0, 1.0, with_groups=True).everything is None
        assert machine.read_frame(130.0, 1.0, with_groups=True).everything is not None
    finally:
        machine.close()


def test_the_settings_know_both_periods() -> None:
    sampling = parse_settings('[sampling]\napplications = "120s"\nprivate = "5s"', "f").sampling
    assert (sampling.applications_seconds, sampling.private_seconds) == (120.0, 5.0)
    sampling = parse_settings("", "f").sampling
    assert (sampling.applications_seconds, sampling.private_seconds) == (10.0, 30.0)
