"""Whether this user may see the processes of others (the mount option hidepid of /proc)."""

from __future__ import annotations

import os
from pathlib import Path


def hides_processes(root: str = "") -> bool:
    """Return whether the system hides other users' processes; False where it does not know that.

    Pid 1 is there in any case, and anybody may read its stat where nothing is hidden.
    """
    if not Path(f"{root}/proc/self").exists():
        return False
    try:
        os.close(os.open(f"{root}/proc/1/stat", os.O_RDONLY))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return True
    except OSError:
        return False
    return False
