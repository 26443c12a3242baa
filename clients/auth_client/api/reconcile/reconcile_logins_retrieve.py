import datetime
from collections.abc import Mapping
from typing import Any

import requests

from ...client import Client
from ...models.past_logins import PastLogins
from ...models.problem import Problem
from ...types import UNSET, Response


def _request(
    *,
    opened_before: datetime.datetime,
) -> dict[str, Any]:
    params: dict[str, Any] = {}

    json_opened_before = opened_before.isoformat()
    params["opened_before"] = json_opened_before

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "path": "/api/v1/reconcile/logins",
        "params": params,
    }
    return _kwargs


def _parse(response: requests.Response) -> PastLogins | Problem | None:
    if response.status_code == 200:
        response_200 = PastLogins.from_dict(response.json())

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
    opened_before: datetime.datetime,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[PastLogins | Problem]:
    """Count the open logins from before a moment

    For the reconciler.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            opened_before=opened_before,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    opened_before: datetime.datetime,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> PastLogins | Problem | None:
    """Count the open logins from before a moment

    For the reconciler.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        opened_before=opened_before,
        headers=headers,
        timeout=timeout,
    ).parsed
