"""A client library for accessing Mylittleshopping: inventory. Generated: don't edit, see clients/README.md."""

from .client import Client
from .errors import MalformedResponse

__all__ = ["Client", "MalformedResponse"]
