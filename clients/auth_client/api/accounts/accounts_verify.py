from collections.abc import Mapping
from typing import Any

import requests

from ...client import Client
from ...models.problem import Problem
from ...models.verification_request import VerificationRequest
from ...types import Response


def _request(
    *,
    body: VerificationRequest,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "post",
        "path": "/api/v1/accounts/verify",
    }
    _kwargs["json"] = body.to_dict()

    return _kwargs


def _parse(response: requests.Response) -> Problem | None:
    if response.status_code == 204:
        return None

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

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
    body: VerificationRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[Problem]:
    """Verify an e-mail address by the token of the mailed link

    Repeatable. A token that was never given out, or has expired unused, is 400 `invalid_token`. An
    account that came back without its password, as the mail says, needs a new one: 400
    `password_required` without.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            body=body,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    body: VerificationRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Problem | None:
    """Verify an e-mail address by the token of the mailed link

    Repeatable. A token that was never given out, or has expired unused, is 400 `invalid_token`. An
    account that came back without its password, as the mail says, needs a new one: 400
    `password_required` without.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        body=body,
        headers=headers,
        timeout=timeout,
    ).parsed
