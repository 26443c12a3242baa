"""How bodies are read."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """JSON, refused where it says what could not be said again.

    Python follows no endless nesting, reads `1e999` as infinite, and keeps half of a surrogate pair as a character:
    none of these could be stored, answered or handed on.
    """

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError as exc:
            raise ParseError(_("The JSON is nested too deeply.")) from exc
        except ValueError as exc:
            raise ParseError(_("The JSON holds a number or a character that does not exist.")) from exc
        return data
