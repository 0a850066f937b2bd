"""Settings of connections, as `explain` tells them."""

from __future__ import annotations

from typing import Any

import pytest
from ameide_conformance_proto.ameide.conformance.v1.service_connect import (
    ConformanceServiceClientSync,
)

from ameide_sdk import AmeideError, ClientOptions, connect

_METHOD = "ameide.conformance.v1.ConformanceService/Idempotent"
_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def _proxy(**options: object) -> tuple[object, str]:
    stated: ClientOptions = {"base_url": "https://api.example.com", **options}  # type: ignore[typeddict-item]
    client: Any = connect(ConformanceServiceClientSync, **stated)
    proxy = client.explain(_METHOD).values["proxy"]
    return proxy.value, proxy.source


def test_option_is_shown_without_its_credential() -> None:
    seen = _proxy(proxy="http://user:s3cret@proxy.example.com:3128")
    assert seen == ("http://proxy.example.com:3128", "code: client")


def test_option_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert _proxy(proxy=None) == (None, "code: client")


@pytest.mark.parametrize(
    ("no_proxy", "is_used"),
    [
        ("", True),
        ("*", False),
        ("api.example.com", False),
        ("api.example.com:443", False),
        ("api.example.com:8443", True),
        (".example.com", False),
        ("*.example.com", False),
        ("example.com", False),
        ("ample.com", True),
        ("10.0.0.0/8", True),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, no_proxy: str, is_used: bool) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    value, source = _proxy()
    assert value == ("http://proxy.example.com:3128" if is_used else None)
    assert source == ("environment: HTTPS_PROXY" if is_used else "built-in (behavior 1)")


def test_range_of_addresses_in_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    assert _proxy(base_url="https://10.1.2.3")[0] is None


def test_proxy_for_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example.com")
    assert _proxy()[0] is None


def test_loopback_has_no_proxy_elsewhere() -> None:
    assert _proxy(base_url="https://localhost", proxy="http://proxy.example.com")[0] is None
    here = _proxy(base_url="https://localhost", proxy="http://127.0.0.1:3128")
    assert here[0] == "http://127.0.0.1:3128"


def test_header_of_a_request_is_no_proxy_of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert _proxy()[0] is None


@pytest.mark.parametrize(
    "address", ["ftp://s3cret.test", "http://s3cret.test/path", "http://s3cret.test:99999"]
)
def test_wrong_proxy_is_named_and_not_shown(address: str) -> None:
    with pytest.raises(AmeideError, match="option proxy: must be an http or https address") as by:
        _proxy(proxy=address)
    assert by.value.reason == "CONFIG_INVALID"
    assert "s3cret" not in str(by.value)


def test_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com/path")
    with pytest.raises(AmeideError, match="environment variable HTTPS_PROXY: must be an"):
        _proxy()


@pytest.mark.parametrize(
    ("tls", "option"),
    [
        ({"ca": "/etc/ca.pem"}, "tls.ca: must be PEM"),
        (
            {"ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
            "tls.ca: holds a certificate that cannot be read",
        ),
        ({"certificate": "c", "key": "k"}, "tls.certificate: must be PEM"),
    ],
)
def test_wrong_tls_material(tls: dict[str, str], option: str) -> None:
    with pytest.raises(AmeideError, match=option):
        _proxy(tls=tls)
