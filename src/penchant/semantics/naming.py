"""From the names of a classifier's label to the synset that it most probably means.

A classifier names what can be seen. So of a word's senses those count first that are things ("hot dog" is food before
it is a show-off), and of these the one that most of the label's names share, then the most frequent.
"""

from __future__ import annotations

from functools import cache

from penchant.semantics.lexicon import Lexicon

_THINGS = {"animal", "artifact", "body", "food", "object", "plant", "substance"}
_SEEN = {"act", "event", "group", "location", "person", "phenomenon", "shape"}


def synset_of_names(names: tuple[str, ...]) -> str | None:
    """The synset that a label means, by the embedded lexicon; None if no name of it is a noun there."""
    lexicon = _lexicon()
    votes: dict[str, int] = {}
    shares: dict[str, float] = {}
    for name in names:
        for sense in lexicon.senses(name):
            if sense.lemma == sense.lemma.lower() or name != name.lower():  # crane is not Hart Crane
                votes[sense.synset] = votes.get(sense.synset, 0) + 1
                shares.setdefault(sense.synset, sense.share)
    if not votes:
        return None
    return max(votes, key=lambda synset: (votes[synset], _tier(lexicon.category(synset)), shares[synset]))


def _tier(category: str | None) -> int:
    return 2 if category in _THINGS else 1 if category in _SEEN else 0


@cache
def _lexicon() -> Lexicon:
    return Lexicon.load()
