import datetime
from collections.abc import Mapping
from typing import Any

import requests

from ...client import Client
from ...models.paginated_book_entry_list import PaginatedBookEntryList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _request(
    *,
    created_since: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    refunded_since: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    json_created_since: str | Unset = UNSET
    if not isinstance(created_since, Unset):
        json_created_since = created_since.isoformat()
    params["created_since"] = json_created_since

    params["cursor"] = cursor

    params["page_size"] = page_size

    json_refunded_since: str | Unset = UNSET
    if not isinstance(refunded_since, Unset):
        json_refunded_since = refunded_since.isoformat()
    params["refunded_since"] = json_refunded_since

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/audit/provider-payments",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedBookEntryList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedBookEntryList.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 406:
        response_406 = Problem.from_dict(response.json())

        return response_406

    if response.status_code == 411:
        response_411 = Problem.from_dict(response.json())

        return response_411

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    return None


def sync_detailed(
    *,
    client: Client,
    created_since: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    refunded_since: datetime.datetime | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedBookEntryList | Problem]:
    """List what the payment provider's book says, newest first

    For the auditor. Asked of the provider itself, whatever the payments say; `previous` is always null.
    503 `provider_unavailable`: the provider does not answer.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            created_since=created_since,
            cursor=cursor,
            page_size=page_size,
            refunded_since=refunded_since,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    created_since: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    refunded_since: datetime.datetime | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedBookEntryList | Problem | None:
    """List what the payment provider's book says, newest first

    For the auditor. Asked of the provider itself, whatever the payments say; `previous` is always null.
    503 `provider_unavailable`: the provider does not answer.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        created_since=created_since,
        cursor=cursor,
        page_size=page_size,
        refunded_since=refunded_since,
        headers=headers,
        timeout=timeout,
    ).parsed
