"""Version 1.0.4.0 of the interface."""
