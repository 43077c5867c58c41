"""Runs the files of tests that have just failed once more, alone, and says which did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MOST = 3
"""More failures than that are no accident of a busy machine."""
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main() -> int:
    """Return pytest's exit code of the second run, or 1 where there is none."""
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= MOST:
        return 1
    files = sorted({name.partition("::")[0] for name in failed})
    print("\nFailed beside other tests, run again alone:", *failed, sep="\n  ", flush=True)
    done = subprocess.run([sys.executable, "-m", "pytest", *files], check=False)
    if done.returncode == 0:
        print("Only beside others did these fail; mend them:", *failed, sep="\n  ", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
