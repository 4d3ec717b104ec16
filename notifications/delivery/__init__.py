"""What is decided about messages on their way. Pure: effects are `app.sending`'s.

When a message may go, which provider carries it, what is done after an attempt that failed, and
what may be concluded from silence.
"""
