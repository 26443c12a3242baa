from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.correspondent import Correspondent
from ...models.problem import Problem
from ...types import Response


def _request(
    *,
    id: UUID,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/reconcile/orders/{id}".format(
            id=path_segment(id),
        ),
    }
    return _kwargs


def _parse(response: requests.Response) -> Correspondent | Problem | None:
    if response.status_code == 200:
        response_200 = Correspondent.from_dict(response.json())

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
    id: UUID,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Correspondent | Problem]:
    """Show to whom an order's mails go

    For the reconciler, which tells it to a checkout that forgot it.

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
) -> Correspondent | Problem | None:
    """Show to whom an order's mails go

    For the reconciler, which tells it to a checkout that forgot it.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        id=id,
        headers=headers,
        timeout=timeout,
    ).parsed
