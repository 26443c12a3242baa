"""Card numbers (PANs) never enter: whoever stores or logs one is in the scope of PCI DSS."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_CANDIDATE = re.compile(r"(?<!\d)\d(?:[ ._\-]?\d){12,18}(?!\d)")
"""13 to 19 digits (ISO/IEC 7812), also written in groups."""


def holds_card_number(text: str) -> bool:
    """Tell whether some run of digits in `text` has a card number's length and Luhn check digit."""
    plain = unicodedata.normalize("NFKC", text)
    return any(_luhn([int(sign) for sign in found if sign.isdecimal()]) for found in _CANDIDATE.findall(plain))


def refuse_card_numbers(text: str) -> None:
    """Validator of fields. Its message does not repeat what was sent."""
    if holds_card_number(text):
        raise ValidationError(_("Card numbers are not accepted here."), code="card_number")


def _luhn(digits: list[int]) -> bool:
    checked = digits[-1::-2] + [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return sum(checked) % 10 == 0
