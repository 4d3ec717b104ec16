"""How raw text from a form, a command or a file becomes values, with every problem said at once."""
