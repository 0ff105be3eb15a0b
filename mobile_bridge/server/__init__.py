"""The server half of the bridge: sessions, their rules and tables, the agent's HTTP and the PC page."""
