"""Who works here: accounts, sign-in, branches and service grids."""
