"""Time stamps over HTTP."""
