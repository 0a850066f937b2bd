from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ameide_sdk._internal.config.base_url import BaseUrlRules, is_of_origin, read_base_url
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.options.insecure_hosts import includes_host, is_insecure_host

LOOSE = BaseUrlRules("base_url", allow_insecure_loopback=True, allow_insecure_hosts=["*.mesh.test"])
STRICT = BaseUrlRules("base_url", allow_insecure_loopback=False, allow_insecure_hosts=())


@pytest.mark.parametrize(
    ("text", "address", "origin"),
    [
        ("https://h.test", "https://h.test", "https://h.test"),
        ("HTTPS://H.Test:443/", "https://h.test", "https://h.test"),
        ("https://h.test:8443/a/b//", "https://h.test:8443/a/b", "https://h.test:8443"),
        ("https://h.test/a%20b", "https://h.test/a%20b", "https://h.test"),
        ("https://h_1.test/a|b", "https://h_1.test/a|b", "https://h_1.test"),
        ("https://[::1]:443", "https://[::1]", "https://[::1]"),
        ("https://[::ffff:7f00:1]", "https://[::ffff:7f00:1]", "https://[::ffff:7f00:1]"),
        ("http://LOCALHOST:80/x", "http://localhost/x", "http://localhost"),
        ("http://127.1.2.3:443", "http://127.1.2.3:443", "http://127.1.2.3:443"),
        ("http://svc.mesh.test", "http://svc.mesh.test", "http://svc.mesh.test"),
    ],
)
def test_addresses_that_are_used(text: str, address: str, origin: str) -> None:
    read = read_base_url(text, LOOSE)
    assert (str(read), read.origin) == (address, origin)
    assert is_of_origin(text, origin)
    assert not is_of_origin(text, "https://other.test")


# Which rule is told; that they are refused at all, cases say.
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must be a URL, got an empty string"),
        ("://s3cret", "must be a URL, got a string"),
        ("https://s3cret:65536", "must be a URL, got a string"),
        ("s3cret.test", "needs its scheme, for instance https://api.example.com"),
        ("s3cret.test:8080/v1", "needs its scheme"),
        ("https://user:s3cret@h.test", "must have no user, password, query or fragment"),
        ("https://h.test?key=s3cret", "must have no user, password, query or fragment"),
        ("ftp://s3cret.test", "must be https, or http where that is allowed"),
        (" https://s3cret.test", "must be written as it is used"),
        ("https:s3cret.test", "must be written as it is used"),
        ("https://s3cret.test\n", "must be written as it is used"),
        ("https://s3cret.test:08443", "must be written as it is used"),
        ("https://s3cret.test:0", "must have a port from 1 to 65535"),
        ("https://[::ffff:127.0.0.1]/s3cret", "must be written as it is used"),
        ("https://[::1/s3cret", "must be written as it is used"),
        ("https://s3cret.test/a/%2E./b", "must be written as it is used"),
        ("https://s3cret.test/%zz", "must be written as it is used"),
        ("http://s3cret.test", "must be https: plain http is for loopback addresses"),
        ("http://localhost/s3cret", "plain http to a loopback address needs allow_insecure_loop"),
    ],
)
def test_addresses_that_are_refused(text: str, rule: str) -> None:
    with pytest.raises(AmeideError) as caught:
        read_base_url(text, STRICT)
    assert f"option base_url: {rule}" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@settings(deadline=None)
@given(
    st.text(alphabet="htps:/\\.@?#[]%0189aAzZ-_ü\n{}^", max_size=40).map("https://h{}".format)
    | st.from_regex(r"https?://[a-z0-9.\[\]:%-]{1,12}(:[0-9]{0,5})?(/[!-~]{0,9})?", fullmatch=True)
)
@example("https://h.test/a/../b")
@example("https://2130706433")
@example("https://0x7f.1")
@example("https://[fe80::1%25eth0]")
@example("https://h%2etest")
def test_another_reader_sees_the_same(text: str) -> None:
    try:
        read = read_base_url(text, LOOSE)
    except AmeideError:
        return
    seen = urlsplit(text)
    assert (seen.scheme, seen.hostname) == (read.scheme, read.hostname)
    assert seen.port in (None, read.port)
    assert (seen.username, seen.query, seen.fragment) == (None, "", "")
    assert seen.path.rstrip("/") == read.path
    assert not {"", ".", ".."} & set(unquote(read.path).split("/")[1:])
    assert read_base_url(str(read), LOOSE) == read


@pytest.mark.parametrize(
    "entry",
    [
        "orders",
        "Orders.SVC",
        "10.0.0.7",
        "[::1]",
        "[fd00::2]",
        "*.svc.cluster.local",
        "*.a.b",
        "a_b",
        "xn--bcher-kva.example",
        "[::ffff:102:304]",
        "1.2.3.4.example",
    ],
)
def test_hosts_that_may_be_listed(entry: str) -> None:
    assert is_insecure_host(entry)


@pytest.mark.parametrize(
    "entry",
    [
        *("", "*", "*.", "**", "*.com", "*.*.com", "a.*.com", "a.*", "orders:80", "http://orders"),
        *("orders/", "orders?x", "me@orders", "10.0.0", "010.0.0.7", "*.10.0.0.7", "2130706433"),
        *("0x7f.1", "0x7f000001", "::1", "[0:0:0:0:0:0:0:1]", "bücher.example", "a b", "*.a..b"),
        *("10.0.0.0/8", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "orders\n", 7),
    ],
)
def test_hosts_that_may_not(entry: object) -> None:
    assert not is_insecure_host(entry)


@pytest.mark.parametrize(
    ("host", "is_included"),
    [
        ("orders", True),
        ("a.svc.cluster.local", True),
        ("a.b.svc.cluster.local", True),
        ("svc.cluster.local", False),
        ("orders.svc", False),
        ("xsvc.cluster.local", False),
    ],
)
def test_a_list_of_hosts(host: str, is_included: bool) -> None:
    assert includes_host(["Orders", "*.svc.Cluster.local"], host) is is_included
