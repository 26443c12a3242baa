"""How often a password may be tried for one account, wherever it is typed in."""

from accounts.selectors import normalized_email
from chassis.throttles.counting import Count, count

SCOPE = "login_account"


def count_login(*, email: str) -> Count:
    """Count a try for the account of `email`, whether or not there is one."""
    return count(scope=SCOPE, subject=normalized_email(email))
