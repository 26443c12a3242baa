from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.audited_account import AuditedAccount
from ...models.problem import Problem
from ...models.remembered_account_request import RememberedAccountRequest
from ...types import Response


def _request(
    *,
    id: UUID,
    body: RememberedAccountRequest,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "put",
        "path": "/api/v1/reconcile/accounts/{id}".format(
            id=path_segment(id),
        ),
    }
    _kwargs["json"] = body.to_dict()

    return _kwargs


def _parse(response: requests.Response) -> AuditedAccount | Problem | None:
    if response.status_code == 200:
        response_200 = AuditedAccount.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = AuditedAccount.from_dict(response.json())

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
    body: RememberedAccountRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[AuditedAccount | Problem]:
    """Bring back a buyer's account that has bought

    For the reconciler. One that was forgotten is written again without a password, and its owner is
    mailed a link to choose one; one that is known is verified, since who has bought was. Refused with
    409 `address_taken` when another account has the address.

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
    body: RememberedAccountRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> AuditedAccount | Problem | None:
    """Bring back a buyer's account that has bought

    For the reconciler. One that was forgotten is written again without a password, and its owner is
    mailed a link to choose one; one that is known is verified, since who has bought was. Refused with
    409 `address_taken` when another account has the address.

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
