from django.db import models
from django.utils.translation import gettext_lazy as _


class FindingState(models.TextChoices):
    """What became of a difference between services."""

    OPEN = "open", _("Open")
    APPLIED = "applied", _("Repaired")
    LEFT = "left", _("Left to a person")
    SETTLED = "settled", _("Settled")
    """By a person, or found no more."""


UNSETTLED = (FindingState.OPEN, FindingState.LEFT)
