from django.urls import path

from accounts.api.restoration import AuditedAccountViewSet, RestoredAccountViewSet
from accounts.api.views import OwnAccountViewSet, RegistrationViewSet, VerificationViewSet

urlpatterns = [
    path("accounts", RegistrationViewSet.as_view({"post": "create"}), name="accounts"),
    path("accounts/verify", VerificationViewSet.as_view({"post": "create"}), name="account-verification"),
    path("accounts/me", OwnAccountViewSet.as_view({"get": "retrieve"}), name="own-account"),
    path("audit/accounts", AuditedAccountViewSet.as_view({"get": "list"}), name="audited-account"),
    path("reconcile/accounts/<uuid:pk>", RestoredAccountViewSet.as_view({"put": "update"}), name="restored-account"),
]
