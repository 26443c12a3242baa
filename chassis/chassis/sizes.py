"""How large a request may be, for the web process that receives it and for Django that reads it."""

HEAD_BYTES = 65_536
"""Of the request line and all headers together."""

BODY_BYTES = 1_048_576
"""Of a body without files."""

UPLOAD_BYTES = 20_971_520
"""Of a form with files."""

QUERY_PARAMETERS = 200
"""In an address. The most that is needed is a page of 100 ids."""
