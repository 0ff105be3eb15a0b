"""Version 2.0.0.2 of the interface."""
