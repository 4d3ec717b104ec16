"""How administrators change the rules: definitions, message texts, the calendar."""
