"""What channels share about speaking to providers: one event loop, and how failures are read."""
