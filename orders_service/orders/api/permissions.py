from chassis.identity.permissions import IsPerson, has_role, has_scope

IsSeller = has_role("seller")
# The checkout, run by the platform itself.
IsCheckout = has_scope("orders.checkout")
IsPersonOrCheckout = IsPerson | IsCheckout
