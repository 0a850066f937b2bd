"""Where the services are that tests call."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, cast, get_args

from ameide_sdk._internal.errors.config_error import naming_config_error

IntegrationMode = Literal["repo", "local", "cluster"]
"""Where the services are that tests call: `repo` in the process of the test, `local` in processes
that the test starts, `cluster` at addresses that its environment names."""

_MODES = get_args(IntegrationMode)


def integration_mode(env: Mapping[str, str] | None = None) -> IntegrationMode:
    """Reads the mode from `INTEGRATION_MODE`. Where it is not set, it is `repo`.

    Args:
        env: Environment. Default: the process's.

    Raises:
        AmeideError: CONFIG_INVALID where it is set to anything else, to nothing, too: a workflow
            that names a variable it does not have would else test in memory what it means to test
            in a cluster.
    """
    text = (os.environ if env is None else env).get("INTEGRATION_MODE")
    if text is None:
        return "repo"
    if text not in _MODES:
        rule = "must be repo, local or cluster"
        raise naming_config_error("INTEGRATION_MODE", rule, text, _MODES)
    return cast(IntegrationMode, text)
