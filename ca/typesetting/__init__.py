"""Setting Chinese type: a Typst engine over bundled fonts, and which characters those fonts have.

System fonts are never used, so that a form or seal looks the same on every machine.
"""
