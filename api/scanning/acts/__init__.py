"""What each kind of scan does once it is approved: a file for each."""
