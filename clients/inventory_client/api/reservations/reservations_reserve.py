from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.problem import Problem
from ...models.reservation import Reservation
from ...models.reservation_change_request import ReservationChangeRequest
from ...types import Response


def _request(
    *,
    id: UUID,
    body: ReservationChangeRequest,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "put",
        "path": "/api/v1/reservations/{id}".format(
            id=path_segment(id),
        ),
    }
    _kwargs["json"] = body.to_dict()

    return _kwargs


def _parse(response: requests.Response) -> Problem | Reservation | None:
    if response.status_code == 200:
        response_200 = Reservation.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = Reservation.from_dict(response.json())

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

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
    id: UUID,
    body: ReservationChangeRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Problem | Reservation]:
    """Hold all that is in a cart, or nothing

    The lines are copied from the cart, at the prices of now. Refused with 409 `out_of_stock` (with
    `lines`, each `{variant, title, requested, available}`), `cart_in_checkout`, `cart_closed`,
    `cart_changed`, `cart_empty` or `reservation_released` (the id was called off), 404 `cart_not_found`
    (also another buyer's), 422 `reservation_mismatch` (the id names something else).

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            id=id,
            body=body,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    id: UUID,
    body: ReservationChangeRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Problem | Reservation | None:
    """Hold all that is in a cart, or nothing

    The lines are copied from the cart, at the prices of now. Refused with 409 `out_of_stock` (with
    `lines`, each `{variant, title, requested, available}`), `cart_in_checkout`, `cart_closed`,
    `cart_changed`, `cart_empty` or `reservation_released` (the id was called off), 404 `cart_not_found`
    (also another buyer's), 422 `reservation_mismatch` (the id names something else).

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        id=id,
        body=body,
        headers=headers,
        timeout=timeout,
    ).parsed
