"""Issues again and again in short-lived processes, each killed (SIGKILL) at another step of issuance.

Arguments: PKCS#11 module, token label, PIN file, key label, issuing certificate (PEM), ledger file, file for
the serial numbers of what the token signed, rounds. A process is forked for each round, before PKCS#11 is
initialised, so that a round costs no imports. It ends at the nth of these events: a statement begins, a
commit begins or has ended, the token begins to sign or has signed.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, create_engine, event

import ca.issuance
from ca.audit.journal import Journal
from ca.authorities import Authorities, IssuingAuthority
from ca.distinguished import SubjectFacts
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger, State
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tbs import sign_unsigned
from hsm import PrivateKey, PublicKey, Token, TokenConfig, TokenKeys, pin_from_file

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EVENTS = 34  # a little more than an issuance and a half


class Fate:
    """Kills this process at the nth event."""

    def __init__(self, last: int) -> None:
        self._left = last

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        for name in ("before_cursor_execute", "commit"):
            event.listen(engine, name, self)
        event.listen(engine, "checkin", self)  # the transaction is over, the connection goes back


def issue(arguments: list[str], number: int, key: PublicKey) -> None:
    """One round: settle what is left, issue until killed. Its clock is past the leases of rounds before."""
    module, label, pin_file, key_label, certificate, ledger, signed = arguments
    token = Token.open(TokenConfig(Path(module), label), pin_from_file(Path(pin_file)))
    issuing = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    authority = Authority(issuing, TokenKeys(token).open(key_label))
    engine = create_engine(f"sqlite:///{ledger}", connect_args={"timeout": 30})
    fate, log = Fate(number % EVENTS), os.open(signed, os.O_WRONLY | os.O_APPEND)

    def sign(unsigned: x509.Certificate, with_key: PrivateKey) -> x509.Certificate:
        fate()
        made = sign_unsigned(unsigned, with_key)
        os.write(log, f"{made.serial_number:x}\n".encode())
        fate()
        return made

    ca.issuance.sign_unsigned = sign  # type: ignore[attr-defined]
    now = START + timedelta(minutes=3 * number)
    book = Ledger(engine, Journal(engine, "crash", lambda: now))
    authorities = Authorities([IssuingAuthority("ca", authority)])
    issuer = Issuer(authorities, shipped_profiles(), book, Linter(remember_shapes=True), lambda: now)
    issuer.settle()
    fate.watch(engine)
    subject = SubjectFacts(enterprise_name="阳光建设", credit_code="91371300MA3C0TEQ4M")
    # The request that the last round did not finish comes again, as an applicant would repeat it.
    for request in range(number // 3, number + 100):
        known: Any = book.find_by_request(f"request-{request}")
        if known is None or known.state is not State.ISSUED:
            issuer.issue(IssuanceRequest(f"request-{request}", "enterprise-signing", subject, key, 30))


def main() -> None:
    *arguments, rounds = sys.argv[1:]
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    shipped_profiles()
    for number in range(int(rounds)):
        child = os.fork()
        if child == 0:
            issue(arguments, number, key)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else f"exit {status}", flush=True)


if __name__ == "__main__":
    main()
