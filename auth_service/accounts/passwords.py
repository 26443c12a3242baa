from django.contrib.auth.hashers import Argon2PasswordHasher


class AccountPasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP's Password Storage Cheat Sheet asks for.

    Django's own take 100 MB and eight lanes for each hash: a rush of logins would exhaust a small machine.
    Hashes made with other parameters are made anew at the next login.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
