"""Data exports of services, recognised by what their files say and not by their names.

A format says which JSON documents are its own (`claims`) and joins them to the pictures (`read`). To add one, write a
module with both and name it in `FORMATS`; the first that claims a document has it.

    files laid aside ──> documents ──> claims ──> Findings: details by picture, links, topics, notes
"""

from penchant.sources.exports.annotating import annotate
from penchant.sources.exports.documents import Document, Export, Findings

__all__ = ["Document", "Export", "Findings", "annotate"]
