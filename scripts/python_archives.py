"""Prints what a wheel and an sdist hold, as one JSON object.

Usage: python scripts/python_archives.py FOLDER

FOLDER holds one of each. What every archive has by its format is left out.
"""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from pathlib import Path


def main(folder: str) -> None:
    """Prints the names, sorted."""
    [wheel] = Path(folder).glob("*.whl")
    [sdist] = Path(folder).glob("*.tar.gz")
    names = {"wheel": _wheel_names(wheel), "sdist": _sdist_names(sdist)}
    json.dump(names, sys.stdout)


def _wheel_names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    [info] = {name.split("/")[0] for name in names if ".dist-info/" in name}
    usual = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    return sorted(set(names) - usual)


def _sdist_names(sdist: Path) -> list[str]:
    with tarfile.open(sdist) as archive:
        names = [member.name.partition("/")[2] for member in archive.getmembers()]
    # Hatchling adds the repository's .gitignore to every sdist.
    return sorted(set(names) - {"PKG-INFO", ".gitignore"})


if __name__ == "__main__":
    main(*sys.argv[1:])
