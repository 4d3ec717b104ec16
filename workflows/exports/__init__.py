"""Definitions and histories in the formats of others: BPMN 2.0 and XES.

Pure: values in, XML out. What leaves here is a picture of the rules, or a record of what happened;
nothing is read back.
"""
