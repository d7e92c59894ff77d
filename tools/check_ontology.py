"""Check a taxonomy against WordNet, by default the 34 BabelDomains.

    python tools/check_ontology.py [NAME|FILE] [--gaps N]

Prints what `penchant.semantics.check` finds. The exit code is 1 when an anchor doesn't resolve or contradicts
another.
"""

from __future__ import annotations

import argparse
import sys

from penchant.errors import SemanticsError
from penchant.semantics.check import Kind, check_ontology
from penchant.semantics.lexicon import Lexicon
from penchant.semantics.taxonomy import load_taxonomy


def main() -> int:
    """Check and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("file", nargs="?", help="a taxonomy: its file, or the name of one in the package")
    parser.add_argument("--gaps", type=int, default=40, metavar="N", help="how many gaps to list (default 40)")
    options = parser.parse_args()
    try:
        report = check_ontology(Lexicon.load(), load_taxonomy(options.file), gaps=options.gaps)
    except SemanticsError as error:
        print(error, file=sys.stderr)
        return 1
    print(report.text(), end="")
    return int(any(found.kind in (Kind.UNRESOLVED, Kind.CONTRADICTION) for found in report.findings))


if __name__ == "__main__":
    sys.exit(main())
