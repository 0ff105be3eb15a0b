"""Signers and stampers that other CAs certified are proved by the lists in a folder, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.errors import ProofMissing, SignerNotGood
from ca.documents.proofs import gather
from ca.outside_proofs import OutsideProofs
from ca.trust import LockTrust
from tests.ca.documents.pki import KEYS, NOW, Issuer

DAY = timedelta(days=1)


@dataclass
class Outside:
    """Another CA, and the folder that an operator keeps of it."""

    folder: Path
    root: Issuer
    ca: Issuer

    def keep(self, *lists: x509.CertificateRevocationList) -> OutsideProofs:
        for one in (self.root, self.ca):
            (self.folder / f"{one.name}.pem").write_bytes(one.certificate.public_bytes(Encoding.PEM))
        for number, one in enumerate(lists):
            (self.folder / f"{number}.crl").write_bytes(one.public_bytes(Encoding.DER))
        return OutsideProofs(lambda: LockTrust.load(self.folder), lambda: NOW)


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    root = Issuer("别家根")
    return Outside(tmp_path, root, Issuer("别家", parent=root))


@pytest.fixture
def signer(outside: Outside) -> x509.Certificate:
    return outside.ca.issue("投标人", KEYS["p-256"]())


def test_a_signer_and_its_ca_are_proved_by_their_lists(outside: Outside, signer: x509.Certificate) -> None:
    older = outside.ca.crl(at=NOW - DAY)
    kept = outside.keep(outside.ca.crl(), older, outside.root.crl())
    proofs = gather(signer, (), (kept,))
    assert len(proofs.lists) == 2
    assert older.public_bytes(Encoding.DER) not in proofs.lists
    assert len(proofs.certificates) == 3


def test_one_on_the_list(outside: Outside, signer: x509.Certificate) -> None:
    kept = outside.keep(outside.ca.crl(signer), outside.root.crl())
    with pytest.raises(SignerNotGood):
        gather(signer, (), (kept,))


def _none(outside: Outside) -> list[x509.CertificateRevocationList]:
    return []


def _outdated(outside: Outside) -> list[x509.CertificateRevocationList]:
    return [outside.ca.crl(at=NOW - 9 * DAY, next_update=NOW - DAY)]


def _of_another_key(outside: Outside) -> list[x509.CertificateRevocationList]:
    return [Issuer("别家").crl()]


@pytest.mark.parametrize("lists", [_none, _outdated, _of_another_key])
def test_without_a_list_in_force_there_is_no_proof(
    lists: Callable[[Outside], list[x509.CertificateRevocationList]],
    outside: Outside,
    signer: x509.Certificate,
) -> None:
    with pytest.raises(ProofMissing):
        gather(signer, (), (outside.keep(outside.root.crl(), *lists(outside)),))


def test_what_cannot_be_proved_of_others_is_left_out(
    outside: Outside, signer: x509.Certificate, issuer: Issuer
) -> None:
    kept = outside.keep(outside.ca.crl(), outside.root.crl())
    stranger = issuer.issue("路人", KEYS["p-256"]())
    assert gather(signer, [stranger], (kept,)).certificates == gather(signer, (), (kept,)).certificates


def test_no_folder_is_an_empty_one(tmp_path: Path, signer: x509.Certificate) -> None:
    kept = OutsideProofs(lambda: LockTrust.load(tmp_path / "nothing"), lambda: NOW)
    assert kept.issuer_of(signer) is None
