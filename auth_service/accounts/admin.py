from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import Account, Role
from accounts.passwords import MAX_PASSWORD, check_new_password
from accounts.selectors import normalized_email
from chassis.admin_pages import UndeletedAdmin, apply_to_rows


class AccountForm(forms.ModelForm[Account]):
    roles = forms.MultipleChoiceField(choices=Role.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Account
        fields = ("full_name", "language", "roles")


class NewAccountForm(AccountForm):
    first_password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=MAX_PASSWORD,
        help_text=_("To be told to the account's owner; it is not shown again."),
    )

    class Meta:
        model = Account
        fields = ("email", "full_name", "language", "roles")

    def clean_email(self) -> str:
        return normalized_email(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "first_password" in values:
            try:
                check_new_password(
                    values["first_password"], email=values.get("email", ""), full_name=values.get("full_name", "")
                )
            except ValidationError as exc:
                self.add_error("first_password", exc)
        return values


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role.value, str(role.label)) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        return queryset.filter(roles__contains=[self.value()]) if self.value() else queryset


class VerifiedFilter(admin.SimpleListFilter):
    title = _("verified")
    parameter_name = "verified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", str(_("Yes"))), ("no", str(_("No")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        return queryset.filter(email_verified_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Account)
class AccountAdmin(UndeletedAdmin[Account]):
    """The people of the marketplace. Nobody is deleted; an account is deactivated."""

    list_display = ("email", "full_name", "roles", "language", "is_verified", "is_active", "created_at")
    list_filter = (RoleFilter, VerifiedFilter, "is_active", "language")
    search_fields = ("email", "full_name")
    ordering = ("-created_at", "-id")
    actions = ("resend_verification", "deactivate", "activate")

    @admin.display(description=_("verified"), boolean=True)
    def is_verified(self, account: Account) -> bool:
        return account.email_verified_at is not None

    @admin.action(description=_("Send the verification mail again"))
    def resend_verification(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        waiting = queryset.filter(email_verified_at=None, is_active=True)
        apply_to_rows(
            self,
            request,
            waiting,
            done=gettext("Verification mail queued"),
            apply=lambda row: services.send_verification(account=row),
        )

    @admin.action(description=_("Deactivate: sign out and shut out"))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        apply_to_rows(
            self,
            request,
            queryset.filter(is_active=True),
            done=gettext("Deactivated"),
            apply=lambda row: services.deactivate(account_id=row.pk),
        )

    @admin.action(description=_("Activate: let in again"))
    def activate(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        apply_to_rows(
            self,
            request,
            queryset.filter(is_active=False),
            done=gettext("Activated"),
            apply=lambda row: services.activate(account_id=row.pk),
        )

    def get_form(
        self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Account]]:
        return super().get_form(request, obj, change, **{**kwargs, "form": AccountForm if obj else NewAccountForm})

    def get_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("email", "first_password", "full_name", "language", "roles")
        return ("id", "email", "full_name", "language", "roles", "email_verified_at", "is_active", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        fields = ("id", "email_verified_at", "is_active", "created_at")
        return ("email", *fields) if obj else fields

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm[Account], change: bool) -> None:
        if change:
            services.update_account(account_id=obj.pk, full_name=obj.full_name, language=obj.language, roles=obj.roles)
            return
        created = services.create_account(
            email=obj.email,
            password=form.cleaned_data["first_password"],
            full_name=obj.full_name,
            language=obj.language,
            roles=obj.roles,
        )
        # The admin goes on with this object, to its log and its page.
        obj.pk = created.pk
