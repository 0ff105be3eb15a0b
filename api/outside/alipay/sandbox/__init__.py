"""A server side of Alipay's open platform for development, mounted under /dev/alipay.

It speaks the same protocol: it checks the application's signature, signs what it answers, shows the pages of
the face check and of the cashier, and posts signed notices until it reads ``success``. Nobody's face is seen
and no money moves: the person decides by buttons.
"""
