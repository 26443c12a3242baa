from chassis.throttles.counting import AddressThrottle


class RegistrationAddressThrottle(AddressThrottle):
    scope = "register_address"
