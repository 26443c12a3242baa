from pathlib import Path

from chassis.settings import env, required, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

_base = service_settings(service="payment", base_dir=BASE_DIR, apps=["payments", "sandbox"])
_base["SPECTACULAR_SETTINGS"]["ENUM_NAME_OVERRIDES"] |= {
    "PaymentState": "payments.states.PaymentState",
    "RefundState": "payments.states.RefundState",
    "SandboxIntentStatus": "sandbox.states.IntentStatus",
}
globals().update(_base)

# Production must name a provider that takes money: the sandbox is refused there.
PAYMENT_PROVIDER = required("PAYMENT_PROVIDER", development="sandbox")
# How long the test method `pm_sandbox_slow` takes.
SANDBOX_SLOW_SECONDS = env.float("SANDBOX_SLOW_SECONDS", default=3.0)
