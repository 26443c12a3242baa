"""Where the service is, and the session that calls go through."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from attrs import frozen

from .errors import MalformedResponse
from .types import Response

T = TypeVar("T")


def path_segment(value: object) -> str:
    """The value, quoted to be one segment of a path.

    Raises ValueError for what the HTTP stack would resolve to another path: an empty value, "." and "..".
    """
    segment = quote(str(value), safe="")
    if segment in {"", ".", ".."}:
        raise ValueError(f"not a path segment: {segment!r}")
    return segment


def _query_value(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _json_of(response: requests.Response) -> Any:
    return response.json() if response.content else None


@frozen
class Client:
    """The service at `base_url`. Threads may share it if they may share its session.

    `timeout` is (connect, read) in seconds, as `requests` takes it; None leaves it to the session. Without `models` a
    success is parsed to plain JSON, whatever its spec says: for who passes it on.
    """

    base_url: str
    session: requests.Session
    timeout: tuple[float, float] | None
    models: bool = True

    def call(
        self,
        parse: Callable[[requests.Response], T | None],
        *,
        path: str,
        params: Mapping[str, Any] | None = None,
        timeout: tuple[float, float] | None,
        **request: Any,
    ) -> Response[T]:
        """Send one request and parse its answer; redirects are not followed.

        Raises requests.RequestException when no whole answer came, and MalformedResponse.
        """
        response = self.session.request(
            url=self.base_url.rstrip("/") + path,
            params=params and {name: _query_value(value) for name, value in params.items()},
            timeout=self.timeout if timeout is None else timeout,
            allow_redirects=False,
            **request,
        )
        try:
            parsed = _json_of(response) if response.ok and not self.models else parse(response)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MalformedResponse(
                status_code=response.status_code, content=response.content, headers=response.headers
            ) from error
        return Response(
            status_code=response.status_code,
            content=response.content,
            headers=response.headers,
            parsed=parsed,
            answer=response,
        )
