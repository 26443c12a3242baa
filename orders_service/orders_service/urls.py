from chassis.urls import error_handlers, service_urls

urlpatterns = service_urls(
    "Orders",
    "addresses.api.urls",
    "orders.api.urls",
    "deliveries.api.urls",
    "chassis.jobs.api.urls",
    "chassis.restores.api.urls",
)
handler400, handler403, handler404, handler500 = error_handlers
