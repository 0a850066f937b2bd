"""The stubs load, decode what a runner sends, strictly, and satisfy a type checker."""

import importlib
import json
import pkgutil
from pathlib import Path

import ameide_conformance_proto
import mypy.api
import pytest
from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import AdapterRequest
from ameide_conformance_proto.ameide.conformance.v1.script_pb import Break

MODULES = [
    module.name
    for module in pkgutil.walk_packages(
        ameide_conformance_proto.__path__, "ameide_conformance_proto."
    )
    if not module.ispkg
]

RUN = {
    "id": "7",
    "run": {
        "given": {"random": [0.5], "steps": [{"call": {"method": "Idempotent", "parallel": 2}}]},
        "script": {
            "answers": [
                {"error": {"code": "unavailable", "retry_info_ms": "0"}},
                {"break": "BREAK_RESET_AFTER_READ", "delay_ms": "20"},
            ],
            "otherwise": {"ok": "done"},
        },
        "constants": {"budget.cost": 15.0},
    },
}


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name: str) -> None:
    importlib.import_module(name)


def test_request_is_decoded() -> None:
    request = AdapterRequest.from_json(json.dumps(RUN))
    assert json.loads(request.to_json(use_proto_field_name=True)) == RUN
    assert AdapterRequest.from_binary(request.to_binary()) == request


def test_actions_are_told_apart() -> None:
    request = AdapterRequest.from_json(json.dumps(RUN))
    assert request.action is not None and request.action.field == "run"
    script = request.action.value.script
    assert script is not None
    failed, broken = script.answers
    assert failed.action is not None and failed.action.field == "error"
    assert failed.action.value.retry_info_ms == 0
    assert broken.action is not None and broken.action.field == "break"
    assert broken.action.value == Break.RESET_AFTER_READ


def test_unknown_field_is_refused() -> None:
    misspelt = json.dumps(RUN).replace("delay_ms", "delay_msec")
    with pytest.raises(ValueError, match="delay_msec"):
        AdapterRequest.from_json(misspelt)


def test_mypy_strict_finds_nothing() -> None:
    project = Path(__file__).parent.parent
    arguments = ["--config-file", str(project / "pyproject.toml")]
    folders = [str(project / "src"), str(project / "tests")]
    out, err, status = mypy.api.run([*arguments, *folders])
    assert (status, err) == (0, ""), out
