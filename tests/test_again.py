"""Failed tests get one more run, alone: few of them, by name, and never in silence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

AGAIN = Path(__file__).with_name("again.py")
FLAKY = "from pathlib import Path\n\n\ndef test_it() -> None:\n    assert Path('ok').exists()\n"


def run(folder: Path, failed: list[str]) -> subprocess.CompletedProcess[str]:
    cache = folder / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(json.dumps(dict.fromkeys(failed, True)))
    return subprocess.run(
        [sys.executable, AGAIN], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("is_mended", [True, False])
def test_what_failed_is_run_again_and_named(tmp_path: Path, is_mended: bool) -> None:
    (tmp_path / "test_flaky.py").write_text(FLAKY)
    if is_mended:
        (tmp_path / "ok").touch()
    done = run(tmp_path, ["test_flaky.py::test_it"])
    assert (done.returncode == 0) == is_mended
    assert "test_flaky.py::test_it" in done.stdout
    assert ("Only beside others" in done.stdout) == is_mended


@pytest.mark.parametrize("count", [0, 4])
def test_none_and_too_many_are_not_run_again(tmp_path: Path, count: int) -> None:
    (tmp_path / "test_flaky.py").write_text(FLAKY)
    (tmp_path / "ok").touch()
    done = run(tmp_path, [f"test_flaky.py::test_{number}" for number in range(count)])
    assert done.returncode == 1
    assert "passed" not in done.stdout
