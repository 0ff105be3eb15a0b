"""What must happen later, or again and again: kept in the database, done by one of many processes."""
