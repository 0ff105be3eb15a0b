"""The registration authority: operators judge applications by their evidence."""
