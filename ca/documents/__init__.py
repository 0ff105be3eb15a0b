"""Forms that are filled in, PDFs that are sealed, and the verification of both.

``forms`` makes the application form, ``signing`` seals with a key at hand or on a lock elsewhere, and
``verification`` says what a PDF's signatures are worth.
"""
