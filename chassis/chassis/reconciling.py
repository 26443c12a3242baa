"""Who may bring back what others remember, after a database was restored to an earlier moment."""

from chassis.identity.permissions import has_scope
from chassis.restores.guard import RECONCILE_SCOPE

IsReconciler = has_scope(RECONCILE_SCOPE)
