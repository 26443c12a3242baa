"""The login forms: people know the e-mail address of their account, not the name of a row."""

from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.core.exceptions import ValidationError
from django.forms import TextInput
from django.utils.translation import gettext_lazy as _

from chassis.identity.models import User


class LoginForm(AuthenticationForm):
    """For the browsable API."""

    # Text, not an e-mail: the break-glass superuser's name is none.
    username = UsernameField(label=_("E-mail"), widget=TextInput(attrs={"autofocus": True}))
    error_messages = {
        "invalid_login": _("No account has this e-mail address and password."),
        "inactive": _("This account has been deactivated."),
    }


class AdminLoginForm(LoginForm):
    """For the Django admin."""

    required_css_class = "required"

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if not user.is_staff:
            raise ValidationError(_("Only admins may enter here, and this account is none."), code="not_admin")
