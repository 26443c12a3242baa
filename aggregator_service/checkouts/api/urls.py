from django.urls import path

from checkouts.api.views import CheckoutViewSet

urlpatterns = [
    path("checkouts", CheckoutViewSet.as_view({"post": "create"}), name="checkouts"),
    path("checkouts/<uuid:pk>", CheckoutViewSet.as_view({"get": "retrieve"}), name="checkout"),
    path("checkouts/<uuid:pk>/cancel", CheckoutViewSet.as_view({"post": "cancel"}), name="checkout-cancel"),
]
