from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.paginated_movement_list import PaginatedMovementList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _request(
    *,
    variant: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["page_size"] = page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/seller/variants/{variant}/movements".format(
            variant=path_segment(variant),
        ),
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedMovementList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedMovementList.from_dict(response.json())

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

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
    variant: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedMovementList | Problem]:
    """List the movements of a variant's stock

    The ledger of a variant's stock. What is on hand changes by a movement only, and a movement is
    final.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            variant=variant,
            cursor=cursor,
            page_size=page_size,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    variant: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedMovementList | Problem | None:
    """List the movements of a variant's stock

    The ledger of a variant's stock. What is on hand changes by a movement only, and a movement is
    final.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        variant=variant,
        cursor=cursor,
        page_size=page_size,
        headers=headers,
        timeout=timeout,
    ).parsed
