"""The main job from nothing to a sealed document, over HTTP and without a person.

A company that owns a CA lock claims itself on the phone, stamps the application form on the PC, is approved,
downloads its certificate, and seals a document; then third parties say whether they agree. Run by
``scripts/demo``; read it to see how an app uses the API.
"""
