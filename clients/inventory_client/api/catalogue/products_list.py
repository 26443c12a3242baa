from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client
from ...models.paginated_product_summary_list import PaginatedProductSummaryList
from ...models.problem import Problem
from ...models.products_list_ordering import ProductsListOrdering
from ...types import UNSET, Response, Unset


def _request(
    *,
    category: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    in_stock: bool | Unset = UNSET,
    max_price: int | Unset = UNSET,
    min_price: int | Unset = UNSET,
    ordering: ProductsListOrdering | Unset = UNSET,
    page_size: int | Unset = 20,
    search: str | Unset = UNSET,
    seller: UUID | Unset = UNSET,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    params["category"] = category

    params["cursor"] = cursor

    params["in_stock"] = in_stock

    params["max_price"] = max_price

    params["min_price"] = min_price

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering.value

    params["ordering"] = json_ordering

    params["page_size"] = page_size

    params["search"] = search

    json_seller: str | Unset = UNSET
    if not isinstance(seller, Unset):
        json_seller = str(seller)
    params["seller"] = json_seller

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/products",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedProductSummaryList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedProductSummaryList.from_dict(response.json())

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
    category: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    in_stock: bool | Unset = UNSET,
    max_price: int | Unset = UNSET,
    min_price: int | Unset = UNSET,
    ordering: ProductsListOrdering | Unset = UNSET,
    page_size: int | Unset = 20,
    search: str | Unset = UNSET,
    seller: UUID | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedProductSummaryList | Problem]:
    """List, filter and search products

    Published products, as everybody sees them.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            category=category,
            cursor=cursor,
            in_stock=in_stock,
            max_price=max_price,
            min_price=min_price,
            ordering=ordering,
            page_size=page_size,
            search=search,
            seller=seller,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    category: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    in_stock: bool | Unset = UNSET,
    max_price: int | Unset = UNSET,
    min_price: int | Unset = UNSET,
    ordering: ProductsListOrdering | Unset = UNSET,
    page_size: int | Unset = 20,
    search: str | Unset = UNSET,
    seller: UUID | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedProductSummaryList | Problem | None:
    """List, filter and search products

    Published products, as everybody sees them.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        category=category,
        cursor=cursor,
        in_stock=in_stock,
        max_price=max_price,
        min_price=min_price,
        ordering=ordering,
        page_size=page_size,
        search=search,
        seller=seller,
        headers=headers,
        timeout=timeout,
    ).parsed
