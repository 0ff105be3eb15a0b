"""What the service says in its own name, signed so that others can check it offline."""
