"""Setting up the embedded default, step by step. Every step may be repeated and finds what is there."""
