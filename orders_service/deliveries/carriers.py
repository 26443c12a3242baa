"""Where parcels of known carriers can be followed."""

import re
from urllib.parse import quote

# {} is the tracking number; names are as `_plain` leaves them.
TRACKING_PAGES = {
    "chronopost": "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={}",
    "colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "colisprive": "https://www.colisprive.com/moncolis/pages/detailColis.aspx?numColis={}",
    "dhl": "https://www.dhl.com/fr-en/home/tracking.html?tracking-id={}",
    "dhlexpress": "https://www.dhl.com/fr-en/home/tracking.html?tracking-id={}",
    "dpd": "https://trace.dpd.fr/fr/trace/{}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "gls": "https://gls-group.com/FR/fr/suivi-colis?match={}",
    "laposte": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "mondialrelay": "https://www.mondialrelay.fr/suivi-de-colis/?numeroExpedition={}",
    "ups": "https://www.ups.com/track?tracknum={}",
}


def tracking_url(carrier: str, tracking_number: str) -> str | None:
    """Return the carrier's page about a parcel, or None for a carrier we do not know."""
    page = TRACKING_PAGES.get(_plain(carrier))
    return page.format(quote(tracking_number.replace(" ", ""), safe="")) if page else None


def _plain(carrier: str) -> str:
    return re.sub(r"[^a-z0-9]", "", carrier.casefold())
