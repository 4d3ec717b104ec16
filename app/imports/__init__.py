"""Files that others made: read, checked row by row, and brought in whole or not at all."""
