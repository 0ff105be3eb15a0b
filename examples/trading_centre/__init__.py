"""A small electronic trading centre that knows SealBridge by its SDK alone.

    python -m examples.trading_centre --service http://127.0.0.1:8000 --key platform.key --data folder

It has its own accounts, database and pages. Everything that a phone approved is verified offline before
anything is done with it, and shown to the user as 核验.
"""
