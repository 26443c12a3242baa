import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client
from ...models.paginated_audited_account_list import PaginatedAuditedAccountList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _request(
    *,
    created_since: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    id: list[UUID] | Unset = UNSET,
    page_size: int | Unset = 20,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    json_created_since: str | Unset = UNSET
    if not isinstance(created_since, Unset):
        json_created_since = created_since.isoformat()
    params["created_since"] = json_created_since

    params["cursor"] = cursor

    json_id: list[str] | Unset = UNSET
    if not isinstance(id, Unset):
        json_id = []
        for id_item_data in id:
            id_item = str(id_item_data)
            json_id.append(id_item)

    params["id"] = json_id

    params["page_size"] = page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/audit/accounts",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedAuditedAccountList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedAuditedAccountList.from_dict(response.json())

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
    id: list[UUID] | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedAuditedAccountList | Problem]:
    """List which accounts there are, newest first

    For the auditor. Nothing is shown of whose they are.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            created_since=created_since,
            cursor=cursor,
            id=id,
            page_size=page_size,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    created_since: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    id: list[UUID] | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedAuditedAccountList | Problem | None:
    """List which accounts there are, newest first

    For the auditor. Nothing is shown of whose they are.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        created_since=created_since,
        cursor=cursor,
        id=id,
        page_size=page_size,
        headers=headers,
        timeout=timeout,
    ).parsed
