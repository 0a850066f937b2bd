"""The server that the suite calls, in each mode."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from memory_threads import memory_threads
from pyqwest import HTTPTransport, Transport

from ameide_sdk import ClientOptions
from ameide_sdk.testing import IntegrationMode, memory_transport

TENANT = "acme"
TOKEN = "token-of-the-suite"
CLUSTER_VARIABLES = ("AMEIDE_BASE_URL", "AMEIDE_TENANT", "AMEIDE_TOKEN")


@dataclass(frozen=True)
class Target:
    """Server that the suite calls.

    Attributes:
        options: Options of a client that may call it: address, tenant and token.
        transport: Makes a transport that reaches it, for a test to stand in front of.
    """

    options: ClientOptions
    transport: Callable[[], Transport]
    close: Callable[[], None] = lambda: None


def open_target(mode: IntegrationMode) -> Target:
    """Opens what a mode calls."""
    if mode == "local":
        return _start_process()
    if mode == "cluster":
        return Target(cluster_options(os.environ), HTTPTransport)
    memory = memory_transport(memory_threads(TOKEN, TENANT))
    options = ClientOptions(base_url="https://memory.test", transport=memory, **_credentials())
    return Target(options, lambda: memory)


def _credentials() -> ClientOptions:
    return ClientOptions(tenant=TENANT, auth={"token": TOKEN})


def _start_process() -> Target:
    program = "../node_modules/@ameideio/reference-server/bin/ameide-reference-server.js"
    server = subprocess.Popen(
        ["node", program, "--token", f"{TOKEN}={TENANT}", "--end-with-stdin"],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def close() -> None:
        server.communicate(timeout=10)

    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        close()
        raise RuntimeError("the reference server ended before it said its address")
    options = ClientOptions(
        base_url=json.loads(line)["url"], allow_insecure_loopback=True, **_credentials()
    )
    return Target(options, HTTPTransport, close)


def cluster_options(env: Mapping[str, str]) -> ClientOptions:
    """Returns options for the cluster that an environment names.

    The SDK reads address, tenant and token from it by itself; nothing else is called in their
    place.

    Raises:
        ValueError: naming every variable that is missing, or an address that is a mock's.
    """
    missing = [name for name in CLUSTER_VARIABLES if not env.get(name)]
    if missing:
        raise ValueError(f"INTEGRATION_MODE=cluster needs {', '.join(missing)}")
    host = urlsplit(env["AMEIDE_BASE_URL"]).hostname or ""
    if re.search(r"(?:^|\.)(?:test|example|invalid)$", host):
        why = f"{host} is a name for tests (RFC 6761)"
        raise ValueError(f"INTEGRATION_MODE=cluster calls no mock: {why}")
    # A port of this machine may be forwarded to the cluster.
    return ClientOptions(allow_insecure_loopback=True)
