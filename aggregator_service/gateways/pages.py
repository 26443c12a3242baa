"""Pages of the services, with links that lead back to the public API."""

from typing import Any

from rest_framework.request import Request

from chassis.keyset import cursor_of, link_to


def public_page(request: Request, page: dict[str, Any]) -> dict[str, Any]:
    """Replace a service's `next` and `previous` by the same page of the address that was called here."""
    own = request.build_absolute_uri()
    return {**page, "next": _public_link(own, page["next"]), "previous": _public_link(own, page["previous"])}


def _public_link(own: str, link: str | None) -> str | None:
    return None if link is None else link_to(own, cursor_of(link))
