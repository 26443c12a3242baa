from rest_framework.routers import SimpleRouter

from sandbox.api.views import SandboxIntentViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("intents", SandboxIntentViewSet, basename="sandbox-intent")

urlpatterns = router.urls
