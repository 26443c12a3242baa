from collections.abc import Mapping
from typing import Any

import requests

from ...client import Client
from ...models.category_list import CategoryList
from ...models.problem import Problem
from ...types import Response


def _request() -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/categories",
    }
    return _kwargs


def _parse(response: requests.Response) -> CategoryList | Problem | None:
    if response.status_code == 200:
        response_200 = CategoryList.from_dict(response.json())

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
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[CategoryList | Problem]:
    """List all categories

    The tree of categories.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> CategoryList | Problem | None:
    """List all categories

    The tree of categories.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        headers=headers,
        timeout=timeout,
    ).parsed
