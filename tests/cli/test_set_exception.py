"""`memtray set-exception`: what advice has written into the settings, and taken out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_main import Memtray


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ('exceptions = "growth:web"', "is not a list of texts"),
        ("exceptions = [1, 2]", "is not a list of texts"),
        ("exceptions = 3", "is not a list of texts"),
        ("warning_percent = []", "warning_percent"),
    ],
)
def test_an_exception_is_written_into_no_file_that_has_a_mistake(
    tmp_path: Path, held: str, said: str
) -> None:
    memtray, file = Memtray(tmp_path), tmp_path / "mine.toml"
    file.write_text(f"[alerts]\n{held}\n")
    code, error = memtray.one_line_error("set-exception", "--config", str(file), "--", "leak:web")
    assert code != 0
    assert said in error
    assert file.read_text() == f"[alerts]\n{held}\n"


def test_exceptions_keep_the_remarks_beside_them(tmp_path: Path) -> None:
    memtray, file = Memtray(tmp_path), tmp_path / "mine.toml"
    file.write_text('[alerts]\nexceptions = [\n  "leak:db", # known\n]\n')
    assert not memtray.run("set-exception", "--config", str(file), "--", "growth:web").returncode
    assert '"leak:db", # known' in file.read_text()
    assert "growth:web" in file.read_text()
    remove = ("set-exception", "--config", str(file), "--remove", "--", "growth:web")
    assert not memtray.run(*remove).returncode
    assert file.read_text() == '[alerts]\nexceptions = [\n  "leak:db", # known\n]\n'
    code, error = memtray.one_line_error(*remove)
    assert code != 0
    assert "no longer there" in error
