from django.db import models


class ThrottleWindow(models.Model):
    """How often something was asked within a window of time, counted for all processes together."""

    key = models.CharField(max_length=200)
    window = models.BigIntegerField(help_text="Start of the window, in seconds since 1970.")
    hits = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="throttle_window_once")]

    def __str__(self) -> str:
        return self.key
