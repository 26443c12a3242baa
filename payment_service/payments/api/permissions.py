"""Who may call: services with the charging scope write; buyers see their own payments, admins all."""

from chassis.identity.permissions import has_role, has_scope
from payments.selectors import CHARGE_SCOPE

MayCharge = has_scope(CHARGE_SCOPE)
MayRead = has_role("buyer", "admin") | MayCharge
