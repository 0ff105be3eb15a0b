"""下载到 CA 锁: key pairs made on the lock, certified by the server, and their certificates written back.

``steps`` are the steps that page and terminal walk; ``pairs`` names the pairs on the lock; ``returned``
judges what comes back; ``terminal`` is the walk in a terminal.
"""
