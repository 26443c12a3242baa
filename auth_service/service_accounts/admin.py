from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from chassis.admin_pages import KeptAdmin
from service_accounts.errors import InvalidScopeError
from service_accounts.models import ServiceAccount
from service_accounts.services import check_scopes, update_service_account


class ServiceAccountForm(forms.ModelForm[ServiceAccount]):
    class Meta:
        model = ServiceAccount
        fields = ("scopes", "is_active")

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        try:
            return check_scopes(scopes)
        except InvalidScopeError as exc:
            raise ValidationError(str(exc.detail)) from exc


@admin.register(ServiceAccount)
class ServiceAccountAdmin(KeptAdmin[ServiceAccount]):
    """Services that call others, and what they may do. They are added by `manage.py create_service_account`."""

    form = ServiceAccountForm
    list_display = ("client_id", "scopes", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("client_id",)
    ordering = ("client_id",)
    fields = ("client_id", "scopes", "is_active", "created_at")
    readonly_fields = ("client_id", "created_at")

    def save_model(
        self, request: HttpRequest, obj: ServiceAccount, form: forms.ModelForm[ServiceAccount], change: bool
    ) -> None:
        update_service_account(account_id=obj.pk, scopes=obj.scopes, is_active=obj.is_active)
