"""What browsers are told that they may do with an answer, by Django and, where it is not asked, by the web server."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of what is no page: whoever opens it as one finds that nothing in it runs."""

PAGES_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:{images}; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of pages: admin, browsable API, Swagger UI. Scripts are files of our own, never inline. Styles may be inline, as
those pages have them in attributes; pictures may be data, as in Swagger UI, or come from where media lie."""

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
