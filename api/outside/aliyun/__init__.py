"""Alibaba Cloud's OpenAPI: signed calls (signature V3), and the sandbox's half that verifies them.

The official SDKs drag in a dozen packages (requests, aiohttp, a scheduler, websockets) for one signed POST;
the signature is a page long, and tests hold it against the documentation's example and the SDK's answers.
"""
