"""Modes and clusters, by the vectors that the tests of the other languages read, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from target import cluster_options

from ameide_sdk import AmeideError
from ameide_sdk.testing import integration_mode

VECTORS = Path(__file__).parent.parent.parent / "integration"


def vectors(name: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())
    return read


@pytest.mark.parametrize("vector", vectors("modes"), ids=lambda each: repr(each.get("text")))
def test_integration_mode(vector: dict[str, Any]) -> None:
    env = {"INTEGRATION_MODE": vector["text"]} if "text" in vector else {}
    if "refused" not in vector:
        assert integration_mode(env) == vector["mode"]
        return
    with pytest.raises(AmeideError) as refused:
        integration_mode(env)
    assert refused.value.reason == "CONFIG_INVALID"
    assert "environment variable INTEGRATION_MODE: " in str(refused.value)
    assert vector["refused"] in str(refused.value)


@pytest.mark.parametrize("vector", vectors("clusters"), ids=lambda each: str(each["env"]))
def test_cluster_options(vector: dict[str, Any]) -> None:
    text = None
    try:
        cluster_options(vector["env"])
    except ValueError as error:
        text = str(error)
    assert text == vector.get("refused")
