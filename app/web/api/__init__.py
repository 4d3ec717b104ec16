"""The API: the use cases for other programs, by HTTP and JSON, behind tokens."""
