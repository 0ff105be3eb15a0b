"""What a running service does by itself: lists, answers, its own certificates, the journal's ends."""
