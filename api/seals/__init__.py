"""Electronic seals: stamped on documents with the holder's certificate."""
