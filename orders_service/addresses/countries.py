"""Countries of ISO 3166-1, by alpha-2 code, named in the reader's language.

CLDR, which Babel carries, lists a few more territories under codes of two letters; those are left out.
"""

from functools import cache

from babel import Locale
from django.utils.functional import lazy
from django.utils.translation import get_language

NOT_ISO_3166 = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"])

_CLDR_CODES = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}
COUNTRY_CODES = _CLDR_CODES - NOT_ISO_3166


@cache
def country_name(code: str, language: str) -> str:
    """Return the name of the country `code` in `language`, or the code itself for one that has no name there."""
    return str(Locale.parse(language, sep="-").territories.get(code, code))


def _name_in_active_language(code: str) -> str:
    return country_name(code, get_language() or "en")


_lazy_name = lazy(_name_in_active_language, str)


def country_choices() -> list[tuple[str, str]]:
    """Return (code, name) of every country, for forms; names follow the language of the request."""
    return [(code, _lazy_name(code)) for code in sorted(COUNTRY_CODES, key=lambda code: country_name(code, "en"))]
