"""Fixtures of the Ameide APIs: messages as their servers give them, for tests."""

from __future__ import annotations

from ameide_core_proto.fixtures import Fixture, read_fixtures

from ameide_sdk._internal.fixtures.catalog import names, read
from ameide_sdk._internal.fixtures.fixture_error import FixtureError, FixtureErrorCode
from ameide_sdk._internal.fixtures.load import load

__all__ = [
    "Fixture",
    "FixtureError",
    "FixtureErrorCode",
    "load",
    "names",
    "read",
    "read_fixtures",
]
