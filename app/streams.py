"""The ledger's streams that belong to no ticket, each with what its entries are about."""

ADMINISTRATION = "administration"
"""People, branches, grids, imports, and who looked at personal data."""

DEFINITIONS = "definitions"
"""Publications of workflow definitions."""

TEMPLATES = "templates"
"""Publications of message texts."""

CALENDAR = "calendar"
"""Changes of the working calendar."""

MESSAGES = "messages"
"""What operators did about messages: cancelled, sent anew, told by telephone."""

PROVIDERS = "providers"
"""Who carries messages: weights, pauses and blocks, by operators and by the program itself."""
SUPPRESSIONS = "suppressions"
"""Who wants no messages, and who wants them again; numbers masked."""

REGISTRATIONS = "registrations"
"""Publications of what providers have approved."""

READINESS = "readiness"
"""Load readings, forecasts and reinforcement projects of the grid."""

REGISTERS = "registers"
"""Undervoltage areas, communities and complaints."""
