"""Services of others: a Protocol each, and a sandbox for development. Settings choose the adapter."""
