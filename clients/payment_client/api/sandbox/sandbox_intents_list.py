from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client
from ...models.paginated_sandbox_intent_list import PaginatedSandboxIntentList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _request(
    *,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    payment: UUID | Unset = UNSET,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["page_size"] = page_size

    json_payment: str | Unset = UNSET
    if not isinstance(payment, Unset):
        json_payment = str(payment)
    params["payment"] = json_payment

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/sandbox/intents",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PaginatedSandboxIntentList | Problem | None:
    if response.status_code == 200:
        response_200 = PaginatedSandboxIntentList.from_dict(response.json())

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
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    payment: UUID | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PaginatedSandboxIntentList | Problem]:
    """List the sandbox's intents, newest first

    The sandbox's book, for audits: what the provider did, whatever the payments say.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            cursor=cursor,
            page_size=page_size,
            payment=payment,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 20,
    payment: UUID | Unset = UNSET,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PaginatedSandboxIntentList | Problem | None:
    """List the sandbox's intents, newest first

    The sandbox's book, for audits: what the provider did, whatever the payments say.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        cursor=cursor,
        page_size=page_size,
        payment=payment,
        headers=headers,
        timeout=timeout,
    ).parsed
