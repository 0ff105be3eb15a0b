"""Setting Chinese type: a Typst engine over bundled fonts, and which characters those fonts have.

Forms and seals use bundled fonts alone, so that they look the same on every machine. A signature drawn from a
name is set in one Kai face of the system, if that is there.
"""
