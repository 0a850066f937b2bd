from __future__ import annotations

from collections.abc import Callable

import pytest
from pyqwest import Client, Request, Response, SyncClient, SyncRequest, SyncResponse

from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.testing.watch_credentials import watch_credentials


class Silent:
    """A transport that answers everything by 204."""

    async def execute(self, _request: Request) -> Response:
        return Response(status=204)

    def execute_sync(self, _request: SyncRequest) -> SyncResponse:
        return SyncResponse(status=204)


HOME = "https://api.test/v1"


async def test_a_secret_that_left_its_origin_is_named_by_its_header() -> None:
    watch = watch_credentials(Silent(), HOME, ["s3cr3t"])
    client = Client(watch)
    await client.get("https://API.test:443/home", {"authorization": "Bearer s3cr3t"})
    await client.get("https://other.test", {"x-public": "nothing"})
    watch.assert_none_left()
    await client.get("https://other.test", {"x-public": "a", "x-key": "s3cr3t"})
    with pytest.raises(AssertionError, match="header x-key went to https://other") as raised:
        watch.assert_none_left()
    assert "s3cr3t" not in str(raised.value)
    assert [request.method for request in watch.requests] == ["GET"] * 3


@pytest.mark.parametrize("away", ["http://api.test", "https://api.test:8443", "https://a.api.test"])
def test_scheme_and_port_are_of_an_origin(away: str) -> None:
    watch = watch_credentials(Silent(), HOME, ["s3cr3t"])
    SyncClient(watch).get(away, {"authorization": "Bearer s3cr3t"})
    with pytest.raises(AssertionError, match="authorization"):
        watch.assert_none_left()


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("transport", lambda: watch_credentials(object(), HOME, [])),  # type: ignore[arg-type]
        ("origin", lambda: watch_credentials(Silent(), "api.test", [])),
        ("secrets", lambda: watch_credentials(Silent(), HOME, [""])),
        ("secrets", lambda: watch_credentials(Silent(), HOME, "s3cr3t")),
    ],
)
def test_wrong_arguments_are_named(option: str, wrong: Callable[[], object]) -> None:
    with pytest.raises(AmeideError, match=option) as raised:
        wrong()
    assert raised.value.reason == "CONFIG_INVALID"
