"""消息: what the service tells a person, each with a link to the thing that it is about."""
