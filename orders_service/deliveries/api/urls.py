from django.urls import path

from deliveries.api.views import SaleDeliveryViewSet

urlpatterns = [
    path(
        "sales/<uuid:sale>/deliveries",
        SaleDeliveryViewSet.as_view({"get": "list", "post": "create"}),
        name="sale-deliveries",
    ),
]
