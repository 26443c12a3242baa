from django.db import models

from chassis.states import Transitions


class KeyState(models.TextChoices):
    """A key is published before it signs, so that every verifier knows it by then, and after, so that what it signed
    stays valid."""

    PUBLISHED = "published"
    SIGNING = "signing"
    RETIRED = "retired"


TRANSITIONS: Transitions = {
    KeyState.PUBLISHED: {KeyState.SIGNING},
    KeyState.SIGNING: {KeyState.RETIRED},
    KeyState.RETIRED: frozenset(),
}
