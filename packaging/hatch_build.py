"""Hook of hatchling, the build backend: compiles the catalogues and has them packed."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface):
    """Runs before every wheel, that of an editable installation included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile what is missing; name all, as hatchling leaves out what git ignores."""
        root = Path(self.root)
        compile_catalogues = runpy.run_path(str(root / "packaging" / "catalogues.py"))[
            "compile_catalogues"
        ]
        found = (file.relative_to(root).as_posix() for file in compile_catalogues())
        build_data["artifacts"].extend(found)
