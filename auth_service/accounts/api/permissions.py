from accounts.models import Role
from chassis.identity.permissions import has_role

IsPerson = has_role(*Role.values)
"""Accounts of people; services have none."""
