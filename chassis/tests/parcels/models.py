from django.db import models

from chassis.ids import uuid7


class ParcelState(models.TextChoices):
    PACKED = "packed"
    SENT = "sent"
    LOST = "lost"


TRANSITIONS = {ParcelState.PACKED: {ParcelState.SENT}, ParcelState.SENT: {ParcelState.LOST}}


class Parcel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.UUIDField()
    name = models.CharField(max_length=50)
    weight = models.IntegerField(default=0)
    state = models.CharField(max_length=10, choices=ParcelState.choices, default=ParcelState.PACKED)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
