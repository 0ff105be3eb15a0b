"""Keys of the sandboxes that stand for providers in development."""

from __future__ import annotations

from api.outside.alipay.signing import new_private_key, public_half
from api.providers import REGISTERED_KEY, SANDBOX_KEY
from api.provisioning.folders import ensure_secret
from api.settings import Settings


def ensure_sandbox_keys(settings: Settings) -> None:
    """Both key pairs of the Alipay sandbox. A public half is written after, and made of, its private key."""
    if settings.alipay != "sandbox":
        return
    secret = settings.folder.secret
    app = ensure_secret(secret("alipay-app.key"), new_private_key)
    ensure_secret(secret(REGISTERED_KEY), lambda: public_half(app))
    own = ensure_secret(secret(SANDBOX_KEY), new_private_key)
    ensure_secret(secret("alipay.pub"), lambda: public_half(own))
