"""The console, server-rendered pages, and the API. Handlers parse, call one use case, render."""
