"""The browsable API, in which people follow links instead of typing ids into the address bar."""

import re
from collections.abc import Mapping
from typing import Any

from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString, mark_safe
from rest_framework.metadata import SimpleMetadata
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

# At the depths of the thing itself (just created) and of the rows of a page of a list.
_ID = re.compile(r'^( {4}| {12})"id": "([-0-9a-f]{36})"', re.MULTILINE)


class AddressMetadata(SimpleMetadata):
    """What OPTIONS tells of an address. Its fields are the spec's to tell: a view may have several serializers."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}


class LinkingBrowsableAPIRenderer(BrowsableAPIRenderer):
    """Makes the `id` of each thing a link to its page, if it has one below the present address."""

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        content = context["content"]
        if isinstance(content, str):
            context["content"] = _with_links(content, context["request"].path)
        return context


def _with_links(content: str, path: str) -> SafeString:
    """Return the content as HTML; Django's `urlize`, which comes after it, leaves what is safe as it is."""

    def link(found: re.Match[str]) -> str:
        indent, ident = found.groups()
        address = f"{path.rstrip('/')}/{ident}"
        return f'{indent}"id": "<a href="{address}">{ident}</a>"' if _answers_get(address) else found[0]

    # Quotes stay quotes: only as such does `urlize` find the addresses between them.
    # Escaped here, before anything is marked as safe.
    escaped = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return mark_safe(_ID.sub(link, escaped))  # noqa: S308 # nosec


def _answers_get(address: str) -> bool:
    try:
        view = resolve(address).func
    except Resolver404:
        return False
    return "get" in (getattr(view, "actions", None) or {})
