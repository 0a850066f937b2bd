"""Goes through the pages of list methods (AIP-158)."""

from __future__ import annotations

import copy
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar, overload

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.clients.seen_tokens import SeenTokens
from ameide_sdk._internal.config.descriptors import items_of
from ameide_sdk._internal.errors.config_error import config_error, naming_config_error
from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts
from ameide_sdk._internal.transport.stub import AsyncShell, Shell

_Request = TypeVar("_Request")
_Page = TypeVar("_Page")


class AsyncPages(Generic[_Page]):
    """Items of all pages, for `async for`; each loop starts at the first page."""

    def __init__(self, list_: _List) -> None:
        """Begins nothing yet."""
        self._list = list_

    async def pages(self) -> AsyncIterator[_Page]:
        """Goes through the pages themselves."""
        turn = self._list.turn()
        while (request := turn.next_request()) is not None:
            page = await self._list.method(request)
            turn.take(page)
            yield page

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Goes through the items of the pages."""
        left = self._list.max_items
        async for page in self.pages():
            for item in items_of(page):
                yield item
                if left is not None and (left := left - 1) == 0:
                    return


class Pages(Generic[_Page]):
    """Items of all pages, for `for`; each loop starts at the first page."""

    def __init__(self, list_: _List) -> None:
        """Begins nothing yet."""
        self._list = list_

    def pages(self) -> Iterator[_Page]:
        """Goes through the pages themselves."""
        turn = self._list.turn()
        while (request := turn.next_request()) is not None:
            page = self._list.method(request)
            turn.take(page)
            yield page

    def __iter__(self) -> Iterator[Any]:
        """Goes through the items of the pages."""
        left = self._list.max_items
        for page in self.pages():
            for item in items_of(page):
                yield item
                if left is not None and (left := left - 1) == 0:
                    return


@overload
def paginate(  # type: ignore[overload-overlap]
    method: Callable[[_Request], Awaitable[_Page]],
    request: _Request,
    *,
    max_items: int | None = None,
    max_pages: int | None = None,
) -> AsyncPages[_Page]: ...
@overload
def paginate(
    method: Callable[[_Request], _Page],
    request: _Request,
    *,
    max_items: int | None = None,
    max_pages: int | None = None,
) -> Pages[_Page]: ...
def paginate(
    method: Callable[[Any], Any],
    request: Any,
    *,
    max_items: int | None = None,
    max_pages: int | None = None,
) -> AsyncPages[Any] | Pages[Any]:
    """Goes through all pages of a list method (AIP-158).

    Each page is a call of its own, with its own id and deadline. An empty page with a token does
    not end the list.

    ```python
    async for thread in paginate(threads.list_threads, ListThreadsRequest(page_size=100)):
        print(thread.title)
    ```

    Args:
        method: A list method of a client; settings of its calls by `with_options(…)` of the client.
        request: The request of the first page.
        max_items: Maximum number of items. Default no bound.
        max_pages: Maximum number of pages. Default no bound.

    Returns:
        The items, and by `pages()` the pages.

    Raises:
        AmeideError: CONFIG_INVALID for a bound below 1 or a request id; in the loop what the calls
            raise, and PAGE_TOKEN_LOOP where a page token comes twice.
    """
    for name, value in (("max_items", max_items), ("max_pages", max_pages)):
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (is_integer and value >= 1):
            raise naming_config_error(name, "must be an integer of at least 1", value)
    owner = getattr(method, "__self__", None)
    if isinstance(owner, Shell):
        settings = owner._settings.values  # pyright: ignore[reportPrivateUsage]
        if settings.get("request_id") is not None:
            rule = "cannot be given to paginate: every page is a call of its own"
            raise config_error("request_id", rule)
    list_ = _List(method, request, max_items, max_pages)
    is_async = isinstance(owner, AsyncShell) or inspect.iscoroutinefunction(method)
    return AsyncPages(list_) if is_async else Pages(list_)


class _List:
    def __init__(
        self,
        method: Callable[[Any], Any],
        request: Any,
        max_items: int | None,
        max_pages: int | None,
    ) -> None:
        self.method = method
        self.request = request
        self.max_items = max_items
        self.max_pages = max_pages

    def turn(self) -> _Turn:
        return _Turn(self)


class _Turn:
    """One way through the pages."""

    def __init__(self, list_: _List) -> None:
        self._list = list_
        self._seen = SeenTokens()
        self._token: str | None = list_.request.page_token
        self._count = 0

    # None after the last page.
    def next_request(self) -> Any:
        token = self._token
        if token is None or self._count == self._list.max_pages:
            return None
        if token in self._seen and self._count > 0:
            source = ConnectError(Code.INTERNAL, "a page token came twice")
            raise AmeideError(source, ErrorFacts(origin="client", reason="PAGE_TOKEN_LOOP"))
        self._count += 1
        self._seen.add(token, self._count)
        request = copy.copy(self._list.request)
        request.page_token = token
        return request

    def take(self, page: Any) -> None:
        self._token = page.next_page_token or None
