"""The inspector of a roster that protoc-gen-ameide-python wrote, by its import name.

It looks at clients of it, and at the stubs beside it, and prints an `ameide.manifest.v1.Inspection`
as protobuf JSON. What is missing it says in one line.
"""

from __future__ import annotations

import os
import sys


def main(module: str) -> None:
    """Prints the inspection of a roster.

    Args:
        module: Its import name, from the working directory: `gen.roster`.

    Raises:
        SystemExit: If it or the SDK is not there, or it is no roster.
    """
    sys.path.append(os.getcwd())
    try:
        from inspector import inspect_roster
    except ModuleNotFoundError as error:
        sys.exit(f"{sys.executable} has no module {error.name}: {_ACTIVATE}")
    try:
        inspect_roster(module)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module}.".startswith(f"{error.name}."):
            sys.exit(f"there is no module {error.name} below {os.getcwd()}: {_LIKE}")
        sys.exit(f"{module} needs a module {error.name}, which is not installed: {_ACTIVATE}")
    except AttributeError as error:
        if error.name != "SERVICES":
            raise
        sys.exit(f"{module} is no roster, as protoc-gen-ameide-python writes it: {_LIKE}")


_ACTIVATE = "activate the environment that has the SDK and what stubs need"
_LIKE = "--roster takes an import name, like gen.python.roster"


if __name__ == "__main__":
    main(sys.argv[1])
