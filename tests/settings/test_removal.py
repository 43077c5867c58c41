"""Targets taken out of the person's file: their block goes, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.errors import SettingsError
from trayapp.settings.file import load_settings, remove_target

TEXT = """\
# mine
[sampling]
interval = "5s"   # slow

# the editor
[[targets]]
name = "editor"
match = "code"

# the workers
[[ targets ]]  # two
name = "workers"
regex = '''
[[targets]]|worker'''
limit = "500M"

# at the end
[alerts]
enabled = false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "memtray.toml"
    file.write_text(TEXT)
    return file


def test_a_target_goes_and_every_remark_stays(file: Path) -> None:
    settings = remove_target(file, "editor")
    assert [target.name for target in settings.targets] == ["workers"]
    assert file.read_text() == TEXT.replace('[[targets]]\nname = "editor"\nmatch = "code"\n', "", 1)


def test_a_value_that_looks_like_a_header_ends_no_block(file: Path) -> None:
    settings = remove_target(file, "workers")
    assert [target.name for target in settings.targets] == ["editor"]
    assert settings.alerts.enabled is False
    assert file.read_text().endswith("# the workers\n\n# at the end\n[alerts]\nenabled = false\n")


def test_lines_end_as_they_did(file: Path) -> None:
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    remove_target(file, "editor")
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def test_the_last_block_of_the_file_goes(file: Path) -> None:
    file.write_text('[[targets]]\nname = "a"\nmatch = "a"')
    assert remove_target(file, "a").targets == ()
    assert file.read_text() == ""


@pytest.mark.parametrize("name", ["nobody", ""])
def test_who_is_no_target_cannot_be_taken_out(file: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="no tracked program"):
        remove_target(file, name)


def test_what_something_else_names_stays(file: Path) -> None:
    """The icon shows it: without it the file would be refused."""
    file.write_text('[icon]\nshows = "a"\n[[targets]]\nname = "a"\nmatch = "a"\n')
    with pytest.raises(SettingsError, match="icon"):
        remove_target(file, "a")
    assert len(load_settings(file).targets) == 1


def test_targets_in_one_line_are_left_to_the_person(file: Path) -> None:
    file.write_text('targets = [{name = "a", match = "a"}]\n')
    with pytest.raises(SettingsError, match="by hand"):
        remove_target(file, "a")
