"""A bounded pool of sessions over one login, with each session's key handles cached.

Login state belongs to the application, not to a session (PKCS#11 v2.40, section 6.7.4): the pool's sessions
are opened without a PIN and are logged in because the token's anchor session is. Finding an object is
linear in many tokens, so a session keeps the objects it has found.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pkcs11 import Attribute, KeyType, MechanismFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.constants import ObjectClass

from hsm.errors import KeyNotFound, TokenBusy


class PrivateKeyTemplates(AttributeMapper):
    """Unwrap templates without the attributes that a private key cannot carry.

    The binding's template for ``C_UnwrapKey`` names ENCRYPT, WRAP and VERIFY for every class of object,
    which SoftHSM2 refuses for private keys with CKR_ATTRIBUTE_TYPE_INVALID.
    """

    def generic_key_template(
        self,
        base_template: dict[Attribute, Any],
        *,
        capabilities: MechanismFlag | int,
        id_: bytes | None,
        label: str | None,
        store: bool,
    ) -> dict[Attribute, Any]:
        """The binding's template, less what the class of object cannot have."""
        template = super().generic_key_template(
            base_template, capabilities=capabilities, id_=id_, label=label, store=store
        )
        if base_template.get(Attribute.CLASS) == ObjectClass.PRIVATE_KEY:
            for attribute in (Attribute.ENCRYPT, Attribute.WRAP, Attribute.VERIFY):
                template.pop(attribute, None)
        return template


class Session:
    """An open session and the objects found in it. Used by one thread at a time."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._found: dict[tuple[ObjectClass, str | bytes], Any] = {}

    def find(self, object_class: ObjectClass, name: str | bytes) -> Any:
        """The one object of this class with label (str) or id (bytes) ``name``. Raises KeyNotFound."""
        known = self._found.get((object_class, name))
        if known is None:
            attribute = Attribute.LABEL if isinstance(name, str) else Attribute.ID
            matches = list(self.raw.get_objects({Attribute.CLASS: object_class, attribute: name}))
            if len(matches) != 1:
                shown = name if isinstance(name, str) else name.hex()
                raise KeyNotFound(f"{len(matches)} objects of class {object_class.name} named {shown!r}")
            known = self._found[object_class, name] = matches[0]
        return known

    def forget(self) -> None:
        """Drop the cached handles, after an object was destroyed."""
        self._found.clear()

    def private_key(self, name: str | bytes) -> Any:
        """The private key object with this label or id."""
        return self.find(ObjectClass.PRIVATE_KEY, name)

    def secret_key(self, name: str | bytes) -> Any:
        """The secret key object with this label or id."""
        return self.find(ObjectClass.SECRET_KEY, name)

    def generate_pair(
        self, key_type: KeyType, length: int | None, params: bytes | None, **options: Any
    ) -> tuple[Any, Any]:
        """``C_GenerateKeyPair`` for an RSA length in bits or a curve's CKA_EC_PARAMS."""
        if params is None:
            pair: tuple[Any, Any] = self.raw.generate_keypair(key_type, length, **options)
            return pair
        domain = self.raw.create_domain_parameters(key_type, {Attribute.EC_PARAMS: params}, local=True)
        curve_pair: tuple[Any, Any] = domain.generate_keypair(**options)
        return curve_pair


class SessionPool:
    """At most ``size`` sessions, opened when first needed and lent to one caller at a time."""

    def __init__(
        self, open_raw: Callable[[], Any], close_raw: Callable[[Any], None], size: int, wait_seconds: float
    ) -> None:
        self._open_raw = open_raw
        self._close_raw = close_raw
        self._wait_seconds = wait_seconds
        self._room = threading.Semaphore(size)
        # Last in, first out: the session used last has the handles that are asked for next.
        self._idle: queue.LifoQueue[Session] = queue.LifoQueue()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[Session]:
        """A session for the length of the block; one in which anything failed is not lent again.

        Raises TokenBusy when none comes free in time.
        """
        if not self._room.acquire(timeout=self._wait_seconds):
            raise TokenBusy(f"no free session within {self._wait_seconds} s")
        session: Session | None = None
        try:
            session = self._take()
            yield session
        except BaseException:
            # The failed call may have left an operation active or a handle stale: cheaper to open anew.
            if session is not None:
                self._close_raw(session.raw)
            raise
        else:
            self._give_back(session)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close the idle sessions; those lent out are closed when they come back."""
        self._closed = True
        while True:
            try:
                self._close_raw(self._idle.get_nowait().raw)
            except queue.Empty:
                return

    def _take(self) -> Session:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return Session(self._open_raw())

    def _give_back(self, session: Session) -> None:
        if self._closed:
            self._close_raw(session.raw)
        else:
            self._idle.put(session)
