from chassis.throttles.throttling import AddressThrottle


class RegistrationAddressThrottle(AddressThrottle):
    scope = "register_address"
