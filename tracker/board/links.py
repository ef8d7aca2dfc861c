"""A page for oversight that opens without signing in: a signed address that ends by itself and can only be read."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from tracker.core.errors import NotFound
from tracker.core.text import N_


def sign_view(campaign_id: int, until: datetime, secret: str) -> str:
    """A token for the read-only page of one campaign, good until that instant."""
    body = f"{campaign_id}-{int(until.timestamp())}"
    return f"{body}-{_mac(body, secret)}"


def read_view(token: str, secret: str, now: datetime) -> tuple[int, datetime]:
    """(campaign id, until when) of a token; NotFound if it is wrong or over."""
    campaign, _, rest = token.partition("-")
    ends, _, mac = rest.partition("-")
    good = hmac.compare_digest(_mac(f"{campaign}-{ends}", secret).encode(), mac.encode())
    if good and campaign.isdigit() and ends.isdigit():
        until = datetime.fromtimestamp(int(ends), UTC)
        if now < until:
            return int(campaign), until
    raise NotFound("link_dead", N_("Liên kết xem này không đúng hoặc đã hết hạn. Đăng nhập để xem."))


def _mac(body: str, secret: str) -> str:
    return hmac.new(secret.encode(), b"oversight:" + body.encode(), hashlib.sha256).hexdigest()
