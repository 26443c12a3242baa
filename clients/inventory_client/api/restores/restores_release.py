from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests

from ...client import Client, path_segment
from ...models.audited_restore import AuditedRestore
from ...models.problem import Problem
from ...models.release_request import ReleaseRequest
from ...types import Response


def _request(
    *,
    restore_id: UUID,
    body: ReleaseRequest,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "post",
        "path": "/api/v1/restores/{restore_id}/release".format(
            restore_id=path_segment(restore_id),
        ),
    }
    _kwargs["json"] = body.to_dict()

    return _kwargs


def _parse(response: requests.Response) -> AuditedRestore | Problem | None:
    if response.status_code == 200:
        response_200 = AuditedRestore.from_dict(response.json())

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
    restore_id: UUID,
    body: ReleaseRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> Response[AuditedRestore | Problem]:
    """Let the restored service write again

    For reconcile, once it has compared the services. Repeated, it answers as the first time.

    Returns the answer, whatever its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return client.call(
        _parse,
        **_request(
            restore_id=restore_id,
            body=body,
        ),
        headers=headers,
        timeout=timeout,
    )


def sync(
    *,
    client: Client,
    restore_id: UUID,
    body: ReleaseRequest,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> AuditedRestore | Problem | None:
    """Let the restored service write again

    For reconcile, once it has compared the services. Repeated, it answers as the first time.

    Returns the parsed body of the answer, without its status.

    Raises requests.RequestException when no whole answer came, and MalformedResponse.
    """
    return sync_detailed(
        client=client,
        restore_id=restore_id,
        body=body,
        headers=headers,
        timeout=timeout,
    ).parsed
