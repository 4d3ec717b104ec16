"""Whether the grid is ready for what is asked of it: loads, projects, works, where to connect."""
