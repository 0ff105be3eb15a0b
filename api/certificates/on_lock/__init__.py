"""下载到 CA 锁: keys made on the holder's own lock, certified here and written back by the lock agent.

The person's phone opens a session at a typed address, as in 发送到电脑. The agent offers keys with proof that
they are on the lock; the phone shows which lock and a number to compare, and confirms; the CA issues for the
confirmed keys, once; the agent writes the certificates back and says so. Each step is a column of one row
(``tables``), so that whoever begins again goes on where it stands.
"""
