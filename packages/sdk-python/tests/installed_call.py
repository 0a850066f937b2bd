"""Makes a call with the Python SDK that is installed in a folder.

Usage: PYTHONPATH=FOLDER python tests/installed_call.py FOLDER
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import ameide_core_proto
from ameide_core_proto.ameide.meter.v1.meter_connect import MeterServiceClientSync
from ameide_core_proto.ameide.meter.v1.meter_pb import RecordUsageRequest

import ameide_sdk


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answers by a message whose fields have their defaults."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", self.headers["content-type"])
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main(folder: str) -> None:
    """Ends with an exception if the call fails, or the SDK lies elsewhere."""
    for module in (ameide_sdk, ameide_core_proto):
        if not Path(str(module.__file__)).is_relative_to(folder):
            raise SystemExit(f"{module.__name__} is that of {module.__file__}")
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with ameide_sdk.connect(
        MeterServiceClientSync, address, allow_insecure_loopback=True, tenant="acme"
    ) as meter:
        meter.record_usage(RecordUsageRequest(team_id="search", event_type="completion"))
    server.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
