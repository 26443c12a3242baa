from collections.abc import Mapping
from typing import Any

import requests

from ...client import Client
from ...models.cart import Cart
from ...models.problem import Problem
from ...types import Response


def _request() -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "post",
        "path": "/api/v1/carts",
    }
    return _kwargs


def _parse(response: requests.Response) -> Cart | Problem | None:
    if response.status_code == 200:
        response_200 = Cart.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = Cart.from_dict(response.json())

        return response_201

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 411:
        response_411 = Problem.from_dict(response.json())

        return response_411

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

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
) -> Response[Cart | Problem]:
    """Open a cart

    A buyer who has an open cart is given that one, with 200.

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
) -> Cart | Problem | None:
    """Open a cart

    A buyer who has an open cart is given that one, with 200.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        headers=headers,
        timeout=timeout,
    ).parsed
