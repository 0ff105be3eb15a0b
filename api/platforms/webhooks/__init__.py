"""Telling a platform's server that something happened: signed, tried again, each try recorded."""
