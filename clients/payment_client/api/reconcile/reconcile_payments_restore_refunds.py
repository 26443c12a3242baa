from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.payment import Payment
from ...models.problem import Problem
from ...types import Response


def _request(
    *,
    id: UUID,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "post",
        "path": "/api/v1/reconcile/payments/{id}/refunds".format(
            id=path_segment(id),
        ),
    }
    return _kwargs


def _parse(response: requests.Response) -> Payment | Problem | None:
    if response.status_code == 200:
        response_200 = Payment.from_dict(response.json())

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
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Payment | Problem]:
    """Bring back the refunds of a payment that its provider knows of

    For the reconciler. Gives nothing back: what by the provider's book was given back, and is not known
    here or pending, is written down as a refund that succeeded, under the id that it was asked for
    with. 404 `payment_not_found`. 409 `payment_not_captured`, with the payment's `state`;
    `refund_exceeds_payment`, with the `refundable` amount; 422 `refund_mismatch`: the book and a refund
    contradict. 503 `provider_unavailable`.

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
    id: UUID,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Payment | Problem | None:
    """Bring back the refunds of a payment that its provider knows of

    For the reconciler. Gives nothing back: what by the provider's book was given back, and is not known
    here or pending, is written down as a refund that succeeded, under the id that it was asked for
    with. 404 `payment_not_found`. 409 `payment_not_captured`, with the payment's `state`;
    `refund_exceeds_payment`, with the `refundable` amount; 422 `refund_mismatch`: the book and a refund
    contradict. 503 `provider_unavailable`.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        id=id,
        headers=headers,
        timeout=timeout,
    ).parsed
