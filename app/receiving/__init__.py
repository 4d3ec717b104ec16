"""What comes back from providers: reports, replies, and who wants no messages."""
