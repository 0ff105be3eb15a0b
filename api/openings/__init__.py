"""开标: when the bids of a tender may be opened, which bids were deposited, and the log that both sides keep.

A platform's signed requests say when an opening is (``windows``); a trial unwrap proves that a bid can be
opened and is remembered (``deposits``). What happens is a chain of events (``log``), which a platform, a
bidder and an operator take away as evidence (``evidence``).
"""
