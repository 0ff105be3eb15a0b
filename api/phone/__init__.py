"""The pages of the phone, at ``/app``: what the manual's app shows, in a browser."""
