from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client
from ...models.problem import Problem
from ...models.sellers import Sellers
from ...types import UNSET, Response, Unset


def _request(
    *,
    id: list[UUID] | Unset = UNSET,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    json_id: list[str] | Unset = UNSET
    if not isinstance(id, Unset):
        json_id = []
        for id_item_data in id:
            id_item = str(id_item_data)
            json_id.append(id_item)

    params["id"] = json_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/sellers",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> Problem | Sellers | None:
    if response.status_code == 200:
        response_200 = Sellers.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

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
    id: list[UUID] | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Problem | Sellers]:
    """List sellers' public profiles

    Sellers that do not exist are left out.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            id=id,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    id: list[UUID] | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Problem | Sellers | None:
    """List sellers' public profiles

    Sellers that do not exist are left out.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        id=id,
        headers=headers,
        timeout=timeout,
    ).parsed
