from chassis.urls import error_handlers, service_urls

urlpatterns = [*service_urls("Orders")]
handler400, handler403, handler404, handler500 = error_handlers
