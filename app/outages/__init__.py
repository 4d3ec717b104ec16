"""What dispatchers do about outages, who is told of it, and whom it hits twice (R-7)."""
