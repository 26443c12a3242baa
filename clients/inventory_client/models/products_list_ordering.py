from enum import StrEnum


class ProductsListOrdering(StrEnum):
    NAME = "name"
    NEWEST = "newest"
    PRICE = "price"
    VALUE_2 = "-price"

    def __str__(self) -> str:
        return str(self.value)
