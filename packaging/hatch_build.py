"""Hook of hatchling, the build backend: packs catalogues and manual, which are made first."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MadeFilesHook(BuildHookInterface):
    """Runs before every wheel, that of an editable installation included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues, and name all, as hatchling leaves out what git ignores.

        The manual is made as man pages, which pipx puts where `man` looks, and as one HTML page.
        """
        root = Path(self.root)
        catalogues = runpy.run_path(str(root / "packaging" / "catalogues.py"))
        found = (file.relative_to(root).as_posix() for file in catalogues["compile_catalogues"]())
        build_data["artifacts"].extend(found)
        if version == "editable":
            return
        manual = runpy.run_path(str(root / "packaging" / "manual_pages.py"))
        for file in manual["write_pages"](root / "build" / "manual", *manual["released_version"]()):
            if file.suffix == ".html":
                build_data["force_include"][str(file)] = "trayapp/_manual/manual.html"
            else:
                build_data["shared_data"][str(file)] = f"share/man/man{file.suffix[1:]}/{file.name}"
