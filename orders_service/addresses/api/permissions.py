from chassis.identity.permissions import has_role

# Whoever has an account may have an address book; services have none.
IsPerson = has_role("buyer", "seller", "admin")
