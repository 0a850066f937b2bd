from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from target import Target, open_target

from ameide_sdk.testing import integration_mode

# Concerns of the contract between a client and the services, each with a test of its own.
CONCERNS = ("headers", "request id", "auth", "retry", "timeout", "tracing")

MODE = integration_mode()
FILE = Path(__file__).parent.parent / ".results" / f"integration-python-{MODE}.json"
_outcomes: dict[str, bool] = {}


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    opened = open_target(MODE)
    yield opened
    opened.close()


def pytest_sessionstart() -> None:
    # A crash leaves none of the run before.
    FILE.unlink(missing_ok=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid.rpartition("::test_")[2].replace("_", " ")
    if name in CONCERNS:
        _outcomes[name] = report.passed and _outcomes.get(name, True)


def pytest_sessionfinish() -> None:
    """Writes what came of each concern, beside the files of TypeScript and Go."""
    concerns = [{"name": name, "passed": _outcomes.get(name, False)} for name in CONCERNS]
    FILE.parent.mkdir(exist_ok=True)
    report = {"sdk": "python", "mode": MODE, "concerns": concerns}
    FILE.write_text(json.dumps(report, indent=2) + "\n")
