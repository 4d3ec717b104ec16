"""One module for each group of pages. A handler parses, calls one use case and renders."""
