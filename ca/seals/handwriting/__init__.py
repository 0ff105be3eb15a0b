"""Pictures of handwritten signatures: cut out of a photo, or drawn from a name."""
