"""Fixtures of the Ameide APIs: messages as their servers give them, for tests."""

from __future__ import annotations

from ameide_core_proto.fixtures import Fixture, read_fixtures

__all__ = ["Fixture", "read_fixtures"]
