from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chassis.admin_pages import ReadOnlyAdmin, ReadOnlyInline, ask_and_apply
from stock import services
from stock.models import MAX_DELTA, Reservation, ReservationLine, StockLevel, StockMovement
from stock.states import SELLER_REASONS


class MovementForm(forms.Form):
    delta = forms.IntegerField(min_value=-MAX_DELTA, max_value=MAX_DELTA, help_text="Positive adds, negative takes.")
    reason = forms.ChoiceField(choices=SELLER_REASONS)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin[StockLevel]):
    """What is there and what is promised; changed by recording a movement."""

    list_display = ("sku", "product", "on_hand", "reserved", "available")
    list_select_related = ("variant__product",)
    search_fields = ("variant__sku", "variant__title", "variant__product__title")
    id_search_fields = ("pk", "variant__product")
    ordering = ("variant__sku", "variant")
    fields = ("variant", "on_hand", "reserved", "available")
    readonly_fields = fields
    actions = ("record_movement",)

    @admin.display(ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @admin.display(ordering="variant__product__title")
    def product(self, level: StockLevel) -> str:
        return level.variant.product.title

    @admin.action(description="Record a movement")
    def record_movement(self, request: HttpRequest, rows: QuerySet[StockLevel]) -> HttpResponse | None:
        actor = request.user.pk
        assert actor is not None  # noqa: S101 - nobody enters the admin without signing in

        def record(row: StockLevel, said: dict[str, Any]) -> None:
            services.record_movement(variant_id=row.pk, delta=said["delta"], reason=said["reason"], actor=actor)

        return ask_and_apply(
            self,
            request,
            rows,
            action="record_movement",
            title="Record a movement",
            form_class=MovementForm,
            apply=record,
        )


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin[StockMovement]):
    """The ledger."""

    list_display = ("created_at", "sku", "delta", "reason", "actor", "reservation")
    list_filter = ("reason",)
    list_select_related = ("level__variant", "reservation")
    search_fields = ("level__variant__sku",)
    id_search_fields = ("pk", "level", "reservation", "actor")
    ordering = ("-created_at", "-id")
    fields = ("level", "delta", "reason", "actor", "reservation", "created_at")

    @admin.display(ordering="level__variant__sku")
    def sku(self, movement: StockMovement) -> str:
        return movement.level.variant.sku


class ReservationLineInline(ReadOnlyInline[ReservationLine, Reservation]):
    model = ReservationLine
    fields = ("title", "sku", "seller", "quantity", "unit_price", "line_total")
    readonly_fields = fields


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin[Reservation]):
    """For looking only: a reservation is ended by the checkout that made it."""

    list_display = ("id", "state", "cart", "buyer", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("cart",)
    id_search_fields = ("pk", "cart", "buyer")
    ordering = ("-created_at", "-id")
    fields = ("id", "state", "cart", "cart_version", "buyer", "created_at", "finished_at")
    inlines = (ReservationLineInline,)
