"""A sealed package, and who can seal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from ca.documents.cms_making import SigningIdentity
from ca.documents.placing import Place, Placement
from ca.hierarchy import Authority
from ca.ofd.package import Package
from ca.ofd.signing import seal_package
from ca.seals.objects.model import SealObject
from hsm import Token
from tests.ca.conftest import NOW
from tests.ca.documents.sealers import Sealers, make_sealers
from tests.ca.ofd.packages import files, packed

PLACE = Place(0, 100, 150)
Seal = Callable[..., bytes]


@pytest.fixture(scope="package")
def sealers(
    authorities: tuple[Authority, Authority], session_token: Token, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sealers]:
    made = make_sealers(authorities, session_token, tmp_path_factory.mktemp("ofd"))
    yield made
    made.ca.engine.dispose()


@pytest.fixture(scope="package")
def plain() -> bytes:
    return packed(files())


@pytest.fixture(scope="package")
def seal(sealers: Sealers) -> Seal:
    """Seals a package, by the enterprise unless somebody else is named."""

    def put(
        package: bytes,
        *placements: Placement,
        by: SigningIdentity | None = None,
        with_seal: SealObject | None = None,
        stamped: bool = False,
    ) -> bytes:
        target = BytesIO()
        stamps = sealers.stamping.stamper.answer if stamped else None
        with Package.open(BytesIO(package)) as opened:
            seal_package(
                opened,
                by or sealers.identity,
                with_seal or sealers.seal,
                placements or (PLACE,),
                target,
                at=NOW,
                stamps=stamps,
            )
        return target.getvalue()

    return put


@pytest.fixture(scope="package")
def sealed(seal: Seal, plain: bytes) -> bytes:
    return seal(plain)
