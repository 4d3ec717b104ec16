"""The name spaces of a BPMN file, and how an element of one is made."""

from __future__ import annotations

from xml.etree import ElementTree as ET

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:huodian:bpmn:1"
PREFIXES = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "xsi": XSI, "huodian": OURS}


def element(space: str, tag: str, /, **attributes: str) -> ET.Element:
    """A new element of a name space."""
    return ET.Element(f"{{{space}}}{tag}", attributes)


def child(parent: ET.Element, space: str, tag: str, /, **attributes: str) -> ET.Element:
    """The same as the last child of another."""
    return ET.SubElement(parent, f"{{{space}}}{tag}", attributes)
