"""What is told to whom, in which words and by which channel.

Planning is pure: events and a context go in, messages come out. Storing them is the business of
`storage`, handing them to a provider that of `app.dispatch`; the channels here know the wire.
"""
