"""The centre's side of the bidding tool: JSON under /tool/v1, for ``sealbridge-bid`` and programs like it.

A tool signs in by a scan and has a token from then on. It asks the centre for scans, because the centre holds
the platform's key; what the phone answered is verified here, as it is for pages. Bids come as envelopes that
were made on the bidder's PC: nothing in this folder could open one.
"""

from fastapi import APIRouter

from examples.trading_centre.tool import deposits, scans, signing_in, tenders, uploads

PREFIX = "/tool/v1"

router = APIRouter(prefix=PREFIX)
for part in (signing_in, scans, tenders, uploads, deposits):
    router.include_router(part.router)
scans.RESULTS["deposit"] = deposits.deposited
