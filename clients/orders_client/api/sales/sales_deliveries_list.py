from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.paginated_delivery_list import PaginatedDeliveryList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _request(
    *,
    sale: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["page_size"] = page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/sales/{sale}/deliveries".format(
            sale=path_segment(sale),
        ),
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedDeliveryList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedDeliveryList.from_dict(response.json())

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
    sale: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedDeliveryList | Problem]:
    """List the parcels of one of one's own sales

    The parcels of a sale. Adding one marks the sale as shipped.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            sale=sale,
            cursor=cursor,
            page_size=page_size,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    sale: UUID,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedDeliveryList | Problem | None:
    """List the parcels of one of one's own sales

    The parcels of a sale. Adding one marks the sale as shipped.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        sale=sale,
        cursor=cursor,
        page_size=page_size,
        headers=headers,
        timeout=timeout,
    ).parsed
