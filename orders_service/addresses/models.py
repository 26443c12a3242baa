"""Address books."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from addresses.countries import country_choices
from chassis.ids import uuid7

postal_code = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9 -]*\Z", _("A postal code has letters, digits, spaces, hyphens."))


# Functions where a part may be empty: the spec would turn a pattern into two alternatives.
def single_line(value: str) -> None:
    """Refuse line breaks and control characters: an address is printed on labels and in mails, each part on a line."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise ValidationError(_("Write this on one line, without control characters."), code="invalid")


def phone_number(value: str) -> None:
    if not re.fullmatch(r"\+?[0-9(][0-9 ().\-]{3,}", value):
        raise ValidationError(_("Enter a phone number such as +33 1 23 45 67 89."), code="invalid")


class Address(models.Model):
    """Where an account has goods sent. Orders keep a snapshot, so it may be changed or removed at any time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    full_name = models.CharField(max_length=100, validators=[single_line])
    company = models.CharField(max_length=100, blank=True, validators=[single_line])
    line1 = models.CharField(max_length=150, validators=[single_line])
    line2 = models.CharField(max_length=150, blank=True, validators=[single_line])
    postal_code = models.CharField(max_length=16, validators=[postal_code])
    city = models.CharField(max_length=100, validators=[single_line])
    region = models.CharField(max_length=100, blank=True, validators=[single_line])
    country = models.CharField(max_length=2, choices=country_choices, help_text="ISO 3166-1 alpha-2 code.")
    phone = models.CharField(max_length=30, blank=True, validators=[phone_number])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="address_country_is_two_capitals"
            ),
            models.CheckConstraint(
                condition=~models.Q(full_name="")
                & ~models.Q(line1="")
                & ~models.Q(postal_code="")
                & ~models.Q(city=""),
                name="address_is_deliverable",
            ),
        ]
        indexes = [models.Index(fields=["account_id", "-created_at", "-id"], name="address_of_account")]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.line1}, {self.postal_code} {self.city}, {self.country}"
