"""Effective policies, explained."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ameide_sdk._internal.config.config import MethodConfig
from ameide_sdk._internal.config.verdict import VerdictSubject, verdict_of
from ameide_sdk._internal.options.options import is_list
from ameide_sdk._internal.policy.policy import PolicyValues, canonical_json


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """One value of an effective policy.

    Attributes:
        value: The value, as data of JSON. Times are milliseconds.
        source: Source of the value: `code: client`, `proto: …`, `built-in (behavior 1)`.
    """

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Effective policy of a method, each value with its source.

    Attributes:
        method: Full name of the method.
        values: Values by their names in policy documents (`timeoutMs`), the same in every SDK, with
            `tenant`, `auth` and settings of the connections.
        hash: SHA-256 of the policy's RFC 8785 JSON, in hex; the same in every SDK.
        problems: Problems of the settings for the method and its service: a fact that cannot be
            carried out (every call is refused), a selector that selects nothing.
        verdict: Failures of the method that are retried, and the facts that allow it, in words.
    """

    method: str
    values: Mapping[str, ExplainedValue]
    hash: str
    problems: tuple[str, ...]
    verdict: str

    def __str__(self) -> str:
        """Returns a line for each value and problem, and the verdict."""
        width = max(map(len, self.values))
        lines = [
            f"  {name.ljust(width)}  {_json(each.value)}  ({each.source})"
            for name, each in self.values.items()
        ]
        problems = [f"  problem: {problem}" for problem in self.problems]
        return "\n".join([self.method, *lines, *problems, f"  {self.verdict}"])


def explain_method(
    config: MethodConfig, *, observe: bool, connection: Mapping[str, ExplainedValue]
) -> Explanation:
    """Explains the policy of a method. Credentials are named by kind only.

    Args:
        config: Configuration of the method.
        observe: True if the policy is only watched.
        connection: Settings of the connections, the same for every method.
    """
    policy = config.policy
    values = {
        json_name(name): ExplainedValue(_data(getattr(policy.values, name)), source)
        for name, source in policy.sources.items()
    }
    auth = config.auth
    kind = None if auth is None else next(name for name in _AUTH_KINDS if name in auth)
    values["tenant"] = ExplainedValue(config.tenant, config.tenant_source)
    values["auth"] = ExplainedValue(kind, config.auth_source)
    values.update(connection)
    refusal = config.refusal
    refused = (
        () if refusal is None else (f"every call is refused: {refusal.option}: {refusal.rule}",)
    )
    verdict = verdict_of(VerdictSubject(policy, config.kind, kind == "provider", observe))
    return Explanation(
        method=config.name,
        values=values,
        hash=policy_hash(policy.values),
        problems=(*refused, *config.misspelt),
        verdict=verdict,
    )


def policy_hash(values: PolicyValues) -> str:
    """Returns the SHA-256 of a policy's RFC 8785 JSON, in hex."""
    named = {json_name(name): getattr(values, name) for name in PolicyValues.__slots__}
    return hashlib.sha256(canonical_json(named).encode()).hexdigest()


def json_name(name: str) -> str:
    """Returns the name of a value in JSON: `timeoutMs` for `timeout_ms`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


_AUTH_KINDS = ("token", "header", "provider")


def _data(value: object) -> Any:
    return list(value) if is_list(value) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
