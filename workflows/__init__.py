"""The company's rules as data: workflow definitions, policy caps, eligibility, the calendar.

What a clause of the plan fixes stands in YAML beside its clause number; the modules here read
those files, check them and say everything that is wrong with one at once.
"""
