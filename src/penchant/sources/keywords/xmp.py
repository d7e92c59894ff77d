"""Keywords in XMP, Adobe's metadata: a packet inside a picture, or a sidecar file.

<rdf:Description><dc:subject><rdf:Bag><rdf:li>beagle</rdf:li></rdf:Bag></dc:subject>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Animals|Dog|Beagle</rdf:li></rdf:Bag></lr:hierarchicalSubject>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from penchant.sources.keywords.found import NO_KEYWORDS, Keywords, make_keywords

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"
_LEVELS = {  # properties that hold paths, and what stands between their levels
    "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject": "|",
    "{http://www.digikam.org/ns/1.0/}TagsList": "/",
    "{http://ns.microsoft.com/photo/1.0}LastKeywordXMP": "/",
    "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP": "/",
    "{http://ns.iview-multimedia.com/mediapro/1.0/}CatalogSets": "|",
}
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_ANY = re.compile(rb"subject|hierarchicalSubject|TagsList|LastKeywordXMP|CatalogSets")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class UnreadableKeywordsError(Exception):
    """A block of metadata that can't be read; the text says why, in a few words."""


def keywords_of_xmp(packet: bytes) -> Keywords:
    """The keywords of an XMP packet or sidecar.

    Raises:
        UnreadableKeywordsError: it is not XML, or XML with entities of its own, which can be a trap.
    """
    if not packet.startswith(_UTF_16):
        packet = packet.strip(b"\0 \t\r\n")
        if not _ANY.search(packet):
            return NO_KEYWORDS  # most packets hold a camera's settings only, and parsing takes 50 times as long
    flat: list[str] = []
    paths: list[tuple[str, ...]] = []
    for element in _parse(packet).iter():
        if element.tag == _SUBJECT:
            flat += _texts(element)
        elif element.tag in _LEVELS:
            paths += [tuple(text.split(_LEVELS[element.tag])) for text in _texts(element)]
    return make_keywords(flat, paths)


def _parse(packet: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(packet)
    except DefusedXmlException as error:
        raise UnreadableKeywordsError("XMP with entities of its own, which can be a trap") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableKeywordsError(f"XMP that is not well-formed XML ({error})") from error
    return root


def _texts(element: Element) -> list[str]:
    items = [item.text for item in element.iter(_ITEM)] or [element.text]
    return [text for text in items if text]
