"""Signatures through ``hsm`` beside a loop that does nothing but sign.

The raw loop is python-pkcs11's own ``sign``, after initialising with OS locking, on a session and a key
handle that each thread keeps, over a digest that is ready. ``hsm`` also lends the session, hashes, pads and
encodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from pkcs11 import Attribute, Mechanism
from pkcs11.constants import ObjectClass

from bench.report import Line
from bench.setting import MODULE, best, per_second
from ca.hierarchy import sign_with
from hsm import KeyKind, Module, Token, TokenConfig, TokenKeys
from hsm.mechanisms import DIGEST_INFO, RSA_BITS
from hsm.slots import find_slot

ROUNDS = 3
THREADS = (1, 2, 8)
GOALS = {KeyKind.RSA_2048: 0.90, KeyKind.P256: 0.75}
MESSAGE = b"to be signed" * 50


def run(token: Token, seconds: float) -> Iterator[Line]:
    """RSA-2048 and P-256 at every number of threads, raw and pooled in turns."""
    for kind, goal in GOALS.items():
        label = f"bench-sign-{kind}"
        pooled = pooled_loop(TokenKeys(token).generate(label, kind))
        raw = raw_loop(token, label, kind)
        for threads in THREADS:
            ceilings, rates = [], []
            for _ in range(ROUNDS):
                ceilings.append(per_second(raw, threads, seconds))
                rates.append(per_second(pooled, threads, seconds))
            yield Line(f"sign {kind}, {threads} threads", best(rates), best(ceilings), goal)


def raw_loop(token: Token, label: str, kind: KeyKind) -> Callable[[], Callable[[], object]]:
    """Gives each thread a signature call of the binding on its own session and handle."""
    digest = hashlib.sha256(MESSAGE).digest()
    rsa = kind in RSA_BITS
    mechanism = Mechanism.RSA_PKCS if rsa else Mechanism.ECDSA
    block = DIGEST_INFO["sha256"] + digest if rsa else digest

    def make() -> Callable[[], object]:
        private = private_key(token, label)
        return lambda: private.sign(block, mechanism=mechanism)

    return make


def pooled_loop(key: Any) -> Callable[[], Callable[[], object]]:
    """Gives each thread the same key's signature through the pool."""
    return lambda: lambda: sign_with(key, MESSAGE)


def private_key(token: Token, label: str) -> Any:
    slot = find_slot(Module.load(MODULE), TokenConfig(MODULE, token.info.label))
    # Logged in as the token's anchor session is; the token's end closes it.
    session = slot.get_token().open()
    return next(iter(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})))
