"""A bounded pool of sessions over one login, with each session's key handles cached.

Login state belongs to the application, not to a session (PKCS#11 v2.40, section 6.7.4): the pool's sessions
are opened without a PIN and are logged in because the token's anchor session is. Finding an object is
linear in many tokens, so a session keeps the objects it has found.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.constants import ObjectClass

from hsm.cryptoki import CkMechanism, Cryptoki, Template
from hsm.errors import HsmError, KeyNotFound, TokenBusy
from hsm.translation import HANDLE_STALE

Result = TypeVar("Result")

_LISTINGS = 10  # tries at a list while other threads destroy keys


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

    def __init__(self, raw: Any, cryptoki: Cryptoki) -> None:
        self.raw = raw
        self._cryptoki = cryptoki
        self._handle: int = raw.handle
        self._found: dict[tuple[int, str | bytes], Any] = {}
        self._signers: dict[str | bytes, int] = {}

    def find(self, object_class: ObjectClass, name: str | bytes) -> Any:
        """The one object of this class with label (str) or id (bytes) ``name``. Raises KeyNotFound."""
        known = self._found.get((object_class, name))
        if known is None:
            matches = self.named(object_class, name)
            if len(matches) != 1:
                shown = name if isinstance(name, str) else name.hex()
                raise KeyNotFound(f"{len(matches)} objects of class {object_class.name} named {shown!r}")
            known = self._found[object_class, name] = matches[0]
        return known

    def named(self, object_class: ObjectClass, name: str | bytes) -> list[Any]:
        """All objects of this class with label (str) or id (bytes) ``name``."""
        attribute = Attribute.LABEL if isinstance(name, str) else Attribute.ID
        return self._search({Attribute.CLASS: object_class, attribute: name})

    def forget(self) -> None:
        """Drop the cached handles, after an object was destroyed."""
        self._found.clear()
        self._signers.clear()

    def private_key(self, name: str | bytes) -> Any:
        """The private key object with this label or id."""
        return self.find(ObjectClass.PRIVATE_KEY, name)

    def private_keys(self) -> list[Any]:
        """All private keys that are there; those destroyed while they are listed are left out."""
        for _ in range(_LISTINGS - 1):
            with contextlib.suppress(*HANDLE_STALE):
                return self._private_keys()
        return self._private_keys()

    def _private_keys(self) -> list[Any]:
        return self._search({Attribute.CLASS: ObjectClass.PRIVATE_KEY})

    def _search(self, template: dict[Attribute, Any]) -> list[Any]:
        # A token that has forgotten its login shows no private object and calls that a success: nothing
        # found is only believed in a session that is known to be logged in.
        found = list(self.raw.get_objects(template))
        if not found:
            self._cryptoki.check_logged_in(self._handle)
            found = list(self.raw.get_objects(template))
        return found

    def secret_key(self, name: str | bytes) -> Any:
        """The secret key object with this label or id."""
        return self.find(ObjectClass.SECRET_KEY, name)

    def sign(self, private: Any, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """A signature of at most ``room`` bytes by a private key object of this session."""
        return self._cryptoki.sign(self._handle, private.handle, mechanism, data, room)

    def sign_by(self, name: str | bytes, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """The same by the private key with this label or id, whose handle is remembered."""
        handle = self._signers.get(name)
        if handle is None:
            handle = self._signers[name] = self.private_key(name).handle
        return self._cryptoki.sign(self._handle, handle, mechanism, data, room)

    def generate_by(self, mechanism: CkMechanism, public: Template, private: Template) -> None:
        """``C_GenerateKeyPair`` by a mechanism that the binding does not know, attributes encoded."""
        self._cryptoki.generate_pair(self._handle, mechanism, public, private)

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


class Sessions(Protocol):
    """Lends sessions, or says why there are none."""

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Call ``work`` with a session of its own."""
        ...

    def do_alone(self, work: Callable[[Session], Result]) -> Result:
        """The same while no other session is lent."""
        ...

    def close(self) -> None:
        """Lend no more."""
        ...


class NoSessions:
    """In place of a pool when a token cannot be used: every call is refused with the same error.

    An HsmError is ``final``; one of the binding's errors says that the token may come back.
    """

    def __init__(self, refusal: HsmError | pkcs11.PKCS11Error) -> None:
        self._refusal = refusal
        self.final = isinstance(refusal, HsmError)

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Raises the refusal."""
        raise self._refusal

    do_alone = do

    def close(self) -> None:
        """Nothing is open."""


class SessionPool:
    """At most ``size`` sessions, opened when first needed and lent to one caller at a time.

    A signature on a fast token takes 50 µs, so the way without waiting takes no lock: ``deque`` operations
    are atomic. Locks are for opening sessions and for waiting when all of them are out.
    """

    def __init__(
        self,
        open_session: Callable[[], Session],
        close_session: Callable[[Session], None],
        size: int,
        wait_seconds: float,
    ) -> None:
        self._open_session = open_session
        self._close_session = close_session
        self._size = size
        self._wait_seconds = wait_seconds
        # Last in, first out: the session used last has the handles that are asked for next.
        self._idle: deque[Session] = deque()
        self._changed = threading.Condition()
        self._open = 0
        self._waiting = 0
        self._reserved = False  # for one caller that wants to be alone
        self._closed = False

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Call ``work`` with a session of its own; one in which anything failed is not lent again.

        Raises TokenBusy when none comes free in time.
        """
        return self._work(self._take(), work)

    def do_alone(self, work: Callable[[Session], Result]) -> Result:
        """The same while no other session is lent: callers wait on both sides. Not from within ``do``.

        Raises TokenBusy when the others do not end in time.
        """
        with self._changed:
            self._waiting += 1
            try:
                idle = self._reserve(time.monotonic() + self._wait_seconds)
            finally:
                self._waiting -= 1
        try:
            return self._work(idle.pop() if idle else self._opened(), work)
        finally:
            self._release(idle)

    def close(self) -> None:
        """Close the idle sessions; those lent out are closed when they come back."""
        self._closed = True
        while self._idle:
            self._discard(self._idle.pop())

    def _work(self, session: Session, work: Callable[[Session], Result]) -> Result:
        try:
            result = work(session)
        except BaseException:
            self._discard(session)
            raise
        self._give_back(session)
        return result

    def _take(self) -> Session:
        if not self._reserved:
            try:
                return self._idle.pop()
            except IndexError:
                pass
        return self._open_or_wait()

    def _reserve(self, deadline: float) -> list[Session]:
        """Keep everybody else out; returns all open sessions, or makes room for the first."""
        while self._reserved:
            self._await_change(deadline)
        self._reserved = True
        mine: list[Session] = []
        try:
            while True:
                with contextlib.suppress(IndexError):
                    while True:
                        mine.append(self._idle.pop())
                if len(mine) == self._open:
                    break
                self._await_change(deadline)
        except TokenBusy:
            self._release(mine)
            raise
        if not mine:
            self._open += 1
        return mine

    def _release(self, idle: list[Session]) -> None:
        with self._changed:
            self._reserved = False
            self._changed.notify_all()
        for session in idle:
            self._give_back(session)

    def _give_back(self, session: Session) -> None:
        if self._closed:
            self._discard(session)
            return
        self._idle.append(session)
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def _discard(self, session: Session) -> None:
        # A failed call may leave an operation active or a handle stale: it is cheaper to open anew.
        self._close_session(session)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _open_or_wait(self) -> Session:
        with self._changed:
            self._waiting += 1
            try:
                session = self._wait(time.monotonic() + self._wait_seconds)
            finally:
                self._waiting -= 1
        return self._opened() if session is None else session

    def _wait(self, deadline: float) -> Session | None:
        """An idle session, or None when there is room for a new one, which is then reserved."""
        while True:
            # Callers that need no lock may have been faster than the one that was woken: look again.
            if not self._reserved:
                with contextlib.suppress(IndexError):
                    return self._idle.pop()
                if self._open < self._size:
                    self._open += 1
                    return None
            self._await_change(deadline)

    def _await_change(self, deadline: float) -> None:
        if not self._changed.wait(deadline - time.monotonic()):
            raise TokenBusy(f"no free session within {self._wait_seconds} s")

    def _opened(self) -> Session:
        try:
            session = self._open_session()
            if self._closed:
                # Opened after the token was logged out: it would see no private object.
                self._close_session(session)
                raise pkcs11.SessionClosed("the token is being logged in again")
            return session
        except BaseException:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()
            raise
