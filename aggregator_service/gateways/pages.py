"""Pages of the services, with links that lead back to the public API."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    # A worker, which has no requests, does without the REST framework.
    from rest_framework.request import Request


def public_page(request: "Request", page: dict[str, Any]) -> dict[str, Any]:
    """Replace a service's `next` and `previous` by the same page of the address that was called here."""
    own = request.build_absolute_uri()
    return {**page, "next": _public_link(own, page["next"]), "previous": _public_link(own, page["previous"])}


def _public_link(own: str, link: str | None) -> str | None:
    if link is None:
        return None
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    return str(replace_query_param(own, "cursor", cursor))
