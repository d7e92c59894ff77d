"""Keywords that people gave their pictures, as photo managers write them into the files or beside them.

    bytes of a picture ──> blocks (XMP, IPTC, Exif) ──> Keywords

No pixel is decoded. `read_keywords` wants the first bytes of a picture and asks for more where it needs them.
"""

from penchant.sources.keywords.embedded import read_keywords
from penchant.sources.keywords.found import Keywords, join_keywords
from penchant.sources.keywords.xmp import UnreadableKeywordsError, keywords_of_xmp

__all__ = ["Keywords", "UnreadableKeywordsError", "join_keywords", "keywords_of_xmp", "read_keywords"]
