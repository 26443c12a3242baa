from chassis.identity.permissions import has_role, has_scope

# Whoever has an account may have bought something.
IsPerson = has_role("buyer", "seller", "admin")
IsSeller = has_role("seller")
# The checkout, run by the platform itself.
IsCheckout = has_scope("orders.checkout")
IsPersonOrCheckout = IsPerson | IsCheckout
