"""Who can log in to the demo platform: 150 buyers, 5 sellers and an admin, the same on every machine."""

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

NAMESPACE = uuid.UUID("5b2f7c52-7d6e-4f0e-9a55-2f6f0c3f8c11")
PASSWORD = "demo-Passw0rd"  # noqa: S105 - of accounts that exist on one machine only
BUYERS = 150

FIRST_NAMES = [
    "Adèle", "Amina", "Anton", "Bastien", "Camille", "Chloé", "Daniel", "Elena", "Émile", "Fatou",
    "Gabriel", "Hannah", "Hugo", "Inès", "Jonas", "Karim", "Léa", "Lucas", "Manon", "Mateo",
    "Nadia", "Noah", "Olivia", "Paul", "Rosa", "Sarah", "Simon", "Théo", "Vera", "Yasmine",
]  # fmt: skip
LAST_NAMES = [
    "Bernard", "Costa", "Dubois", "Fischer", "Garcia", "Haddad", "Jansen", "Lambert", "Moreau", "Novak",
    "O'Brien", "Petit", "Rossi", "Silva", "Weber",
]  # fmt: skip
SELLERS = [
    ("Margot Lefèvre", "Atelier Margot"),
    ("Henrik Lund", "Nordlicht Living"),
    ("Giulia Conti", "Conti & Figli"),
    ("Youssef Benali", "Benali Outdoor"),
    ("Claire Dumont", "Papeterie Dumont"),
]


@dataclass(frozen=True)
class DemoAccount:
    """A verified account; `seller_name` is the name of a seller's shop."""

    id: str
    email: str
    password: str
    full_name: str
    language: str
    roles: tuple[str, ...]
    seller_name: str | None = None


def demo_account_id(email: str) -> uuid.UUID:
    """The account's id follows from its address, so that every service's demo data can name it."""
    return uuid.uuid5(NAMESPACE, email)


def buyers() -> list[DemoAccount]:
    """buyer001@demo.test … buyer150@demo.test; every third one reads French."""
    return [
        _account(
            f"buyer{number:03}@demo.test",
            f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[(number * 7 + number // 30 * 4) % len(LAST_NAMES)]}",
            language="fr" if number % 3 == 0 else "en",
            roles=("buyer",),
        )
        for number in range(1, BUYERS + 1)
    ]


def sellers() -> list[DemoAccount]:
    """seller1@demo.test … seller5@demo.test; they buy, too."""
    return [
        _account(f"seller{number}@demo.test", person, language="fr", roles=("buyer", "seller"), seller_name=shop)
        for number, (person, shop) in enumerate(SELLERS, start=1)
    ]


def admin() -> DemoAccount:
    return _account("admin@demo.test", "Alex Martin", language="en", roles=("admin",))


def write_accounts(path: Path) -> None:
    """Writes all accounts as the JSON list that each service's `load_demo --accounts` reads."""
    accounts = [asdict(account) for account in [*buyers(), *sellers(), admin()]]
    path.write_text(json.dumps(accounts, ensure_ascii=False, indent=1) + "\n")


def _account(
    email: str, full_name: str, *, language: str, roles: tuple[str, ...], seller_name: str | None = None
) -> DemoAccount:
    return DemoAccount(
        id=str(demo_account_id(email)),
        email=email,
        password=PASSWORD,
        full_name=full_name,
        language=language,
        roles=roles,
        seller_name=seller_name,
    )
