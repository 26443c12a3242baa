"""How answers are written: JSON, by orjson."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder

_OPTIONS = orjson.OPT_UTC_Z
_other_types = JSONEncoder().default


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer, but for who writes. What orjson does not know is written as DRF would.

    For people, in a page of the browsable API, DRF itself indents it.
    """

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        if "indent" in (renderer_context or ()) or "indent" in (accepted_media_type or ""):
            plain = orjson.loads(orjson.dumps(data, default=_other_types, option=_OPTIONS))
            return super().render(plain, accepted_media_type, renderer_context)
        try:
            return orjson.dumps(data, default=_other_types, option=_OPTIONS)
        except orjson.JSONEncodeError:  # a number of more than 64 bits, say
            return super().render(data, accepted_media_type, renderer_context)
