"""The description of the API: what FastAPI derives from the routes, completed for those who build on it."""
