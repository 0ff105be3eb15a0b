"""Trading platforms: who they are, and what they may ask."""
