"""Verifying documents for everybody: the command, the route and the page say the same report."""
