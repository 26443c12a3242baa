from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from chassis.admin_pages import UndeletedAdmin
from sellers.models import SellerProfile
from sellers.services import save_profile


@admin.register(SellerProfile)
class SellerProfileAdmin(UndeletedAdmin[SellerProfile]):
    """The names that the public sees on sellers' products."""

    list_display = ("name", "slug", "account")
    list_select_related = ("account",)
    search_fields = ("name", "slug", "account__email")
    ordering = ("name",)
    fields = ("account", "name", "slug")
    autocomplete_fields = ("account",)

    def get_readonly_fields(self, request: HttpRequest, obj: SellerProfile | None = None) -> tuple[str, ...]:
        return ("account",) if obj else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: SellerProfile | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def save_model(
        self, request: HttpRequest, obj: SellerProfile, form: forms.ModelForm[SellerProfile], change: bool
    ) -> None:
        save_profile(account_id=obj.account_id, name=obj.name, slug=obj.slug)
