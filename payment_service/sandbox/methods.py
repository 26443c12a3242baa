"""Test payment methods: Stripe's own names and what happens with them, and some that fail on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the sandbox does with a payment method; by default it takes the money, and gives it back when asked.

    `slow` thinks for the setting SANDBOX_SLOW_SECONDS before it decides. `fails_once` is out of reach at the first
    confirmation and at the first refund; `loses_answer` does what is asked then, and is out of reach afterwards.
    """

    decline_code: str | None = None
    requires_action: bool = False
    refund_failure: str = ""
    slow: bool = False
    fails_once: bool = False
    loses_answer: bool = False


METHODS = {
    "pm_card_visa": Behaviour(),
    "pm_card_mastercard": Behaviour(),
    "pm_card_amex": Behaviour(),
    "pm_card_chargeDeclined": Behaviour(decline_code="generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": Behaviour(decline_code="insufficient_funds"),
    "pm_card_chargeDeclinedExpiredCard": Behaviour(decline_code="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": Behaviour(decline_code="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": Behaviour(decline_code="processing_error"),
    "pm_card_chargeDeclinedLostCard": Behaviour(decline_code="lost_card"),
    "pm_card_chargeDeclinedStolenCard": Behaviour(decline_code="stolen_card"),
    "pm_card_authenticationRequired": Behaviour(requires_action=True),
    "pm_card_threeDSecureRequired": Behaviour(requires_action=True),
    "pm_card_threeDSecure2Required": Behaviour(requires_action=True),
    "pm_card_refundFail": Behaviour(refund_failure="expired_or_canceled_card"),
    "pm_sandbox_slow": Behaviour(slow=True),
    "pm_sandbox_failOnce": Behaviour(fails_once=True),
    "pm_sandbox_answerLost": Behaviour(loses_answer=True),
}
