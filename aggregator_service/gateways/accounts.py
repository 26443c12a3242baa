"""The auth service: accounts, tokens and sellers' public profiles."""

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from auth_client.api.accounts import accounts_me, accounts_register, accounts_verify
from auth_client.api.auth import auth_token_create, auth_token_refresh, auth_token_revoke
from auth_client.api.sellers import sellers_list
from gateways.bodies import passed_body
from gateways.calls import answer, caller_headers, optional_answer
from gateways.service_token import NoServiceTokenError, service_token

if TYPE_CHECKING:
    # A worker, which has no requests, does without the REST framework.
    from rest_framework.request import Request

SERVICE = "auth"

Json = dict[str, Any]


def register(request: "Request") -> Json:
    registered: Json = answer(
        SERVICE,
        partial(accounts_register.sync_detailed, body=passed_body(request.data)),
        headers=_address_headers(request),
    )
    return registered


def verify(request: "Request") -> None:
    answer(
        SERVICE,
        partial(accounts_verify.sync_detailed, body=passed_body(request.data)),
        headers=_address_headers(request),
    )


def me(request: "Request") -> Json:
    account: Json = answer(SERVICE, accounts_me.sync_detailed, headers=caller_headers(request))
    return account


def log_in(request: "Request") -> Json:
    tokens: Json = answer(
        SERVICE,
        partial(auth_token_create.sync_detailed, body=passed_body(request.data)),
        headers=_address_headers(request),
    )
    return tokens


def refresh(request: "Request") -> Json:
    tokens: Json = answer(
        SERVICE,
        partial(auth_token_refresh.sync_detailed, body=passed_body(request.data)),
        headers=_address_headers(request),
    )
    return tokens


def renewed(*, refresh: str) -> Json:
    """New tokens for a session of the browsable API."""
    tokens: Json = answer(SERVICE, partial(auth_token_refresh.sync_detailed, body=passed_body({"refresh": refresh})))
    return tokens


def log_out(request: "Request") -> None:
    answer(
        SERVICE,
        partial(auth_token_revoke.sync_detailed, body=passed_body(request.data)),
        headers=_address_headers(request),
    )


def sellers(*, ids: list[UUID]) -> list[Json]:
    """Public profiles of these sellers, if they come soon; who is none is left out."""
    profiles: list[Json] = optional_answer(SERVICE, partial(sellers_list.sync_detailed, id=ids))["results"]
    return profiles


def _address_headers(request: "Request") -> dict[str, str]:
    """Tell where the caller is, so that attempts are counted per person and not for the whole shop.

    The auth service believes it with the platform's token only; without one it counts this service's own address.
    """
    headers = caller_headers(request)
    try:
        headers["Authorization"] = f"Bearer {service_token.get()}"
    except NoServiceTokenError:
        headers.pop("Authorization", None)
        return headers
    headers["X-Client-Address"] = str(request.META.get("REMOTE_ADDR", ""))
    return headers
