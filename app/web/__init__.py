"""The console: server-rendered pages. Handlers parse, call one use case, render."""
