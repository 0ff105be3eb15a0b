"""The lock agent: a program on the PC of a company that owns a CA lock (a PKCS#11 token).

It fetches a task from the server, shows what is to be signed, signs it on the lock and posts the answer.
``page`` is its window in the browser, ``terminal`` the same for a terminal; ``task`` the steps of both.
"""
