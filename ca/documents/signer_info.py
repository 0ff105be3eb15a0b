"""Reading the SignerInfo of a CMS (RFC 5652, section 5.3) and what its attributes say of the signer."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any, Final

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca.errors import SignatureMismatch
from ca.signatures import DIGESTS

_SET_OF: Final = b"\x31"


def attributes(signer: Any) -> dict[str, Any]:
    """Each signed attribute by type; one value each. Raises SignatureMismatch."""
    found: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        kind = attribute["type"].native
        _require(kind not in found and len(attribute["values"]) == 1, f"{kind} has several values")
        found[kind] = attribute["values"][0]
    return found


def digest(signer: Any) -> hashes.HashAlgorithm:
    """The digest of document and attributes, which must be the same one. Raises SignatureMismatch."""
    name = signer["digest_algorithm"]["algorithm"].native
    _require(name in DIGESTS, f"the digest {name} is not accepted")
    algorithm = signer["signature_algorithm"]
    # rsaEncryption as a signature algorithm leaves the digest to the other field (RFC 3370, section 3.2).
    if algorithm["algorithm"].native != "rsassa_pkcs1v15":
        _require(algorithm.hash_algo == name, "two different digests")
    return DIGESTS[name]


def certificate(signed: Any, signer: Any) -> x509.Certificate:
    """The embedded certificate that the SignerInfo names. Raises SignatureMismatch."""
    sid = signer["sid"]
    found = {
        choice.chosen.dump()
        for choice in signed["certificates"]
        if choice.name == "certificate" and _names(sid, choice.chosen)
    }
    _require(len(found) == 1, f"{len(found)} embedded certificates are the signer's")
    return x509.load_der_x509_certificate(found.pop())


def _names(sid: Any, certificate: Any) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(sid.chosen.native == certificate.key_identifier)
    issuer, serial = sid.chosen["issuer"], sid.chosen["serial_number"].native
    return bool(issuer == certificate.issuer and serial == certificate.serial_number)


def check_reference(attributes: dict[str, Any], certificate: x509.Certificate) -> None:
    """The first certificate that ESS signing-certificate-v2 names is the signer's (RFC 5035, section 4)."""
    reference: tsp.ESSCertIDv2 = attributes["signing_certificate_v2"]["certs"][0]
    name = reference["hash_algorithm"]["algorithm"].native
    _require(name in DIGESTS, f"the certificate digest {name} is not accepted")
    digest = certificate.fingerprint(DIGESTS[name])
    _require(compare_digest(reference["cert_hash"].native, digest), "another certificate was signed")
    serial = reference["issuer_serial"]
    if serial.native is not None:
        _require(serial["serial_number"].native == certificate.serial_number, "another serial was signed")


def signed_bytes(signer: Any) -> bytes:
    """What is signed: the attributes under their SET OF tag, not the [0] they travel with (RFC 5652, 5.4)."""
    return bytes(_SET_OF + signer["signed_attrs"].dump()[1:])


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SignatureMismatch(otherwise)
