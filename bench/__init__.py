"""Benchmarks, each beside the ceiling that the same token sets on the same machine. Run by ``scripts/bench``.

Absolute rates say little about another machine; ratios within one run do.
"""
