"""The bidding tool's own page, on loopback: the steps of one project, with their codes and bars.

It shares the lock agent's gate: requests of other sites, by whatever name they call this machine, end there.
"""
