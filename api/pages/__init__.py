"""The server's own pages: what is where, the API, and the development inbox."""
