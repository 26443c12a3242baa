from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.problem import Problem
from ...models.remembered_reservation_request import RememberedReservationRequest
from ...models.reservation import Reservation
from ...types import Response


def _request(
    *,
    id: UUID,
    body: RememberedReservationRequest,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "put",
        "path": "/api/v1/reconcile/reservations/{id}".format(
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
    body: RememberedReservationRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Problem | Reservation]:
    """Bring back a reservation as its checkout remembers it

    For the reconciler. One that is known is left as it is, or committed; one that was forgotten is
    written again, with its cart and, as drafts, the variants that were forgotten with it. What was sold
    and is not on hand is added by a correction. Refused with 409 `reservation_released`,
    `cart_in_checkout` or `cart_closed` (another checkout has the cart), 404 `cart_not_found` (it is
    another buyer's) or `variant_not_found` (it cannot be written again), 422 `reservation_mismatch`.

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
    body: RememberedReservationRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Problem | Reservation | None:
    """Bring back a reservation as its checkout remembers it

    For the reconciler. One that is known is left as it is, or committed; one that was forgotten is
    written again, with its cart and, as drafts, the variants that were forgotten with it. What was sold
    and is not on hand is added by a correction. Refused with 409 `reservation_released`,
    `cart_in_checkout` or `cart_closed` (another checkout has the cart), 404 `cart_not_found` (it is
    another buyer's) or `variant_not_found` (it cannot be written again), 422 `reservation_mismatch`.

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
