"""What nouns mean as tags, for all of WordNet at once: tables that answer many look-ups.

The rule is that of `meaning`, and so are the weights (to the last bits); what takes `meaning` some steps for each sense
of a word is done here by sums over arrays. A few thousand words are left to it: those that are written with and without
a capital (Turkey), and those that may be a form of another noun (glasses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.semantics.disambiguation import WordSense
from penchant.semantics.lexfile import FILES
from penchant.semantics.morphology import detached, inflects
from penchant.semantics.tags.forms import NOUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from penchant.semantics.ontology import Ontology
    from penchant.semantics.tags.forms import Forms


class Priors:
    """The senses of nouns, flat: those of form i lie from `_start[i]` to `_start[i + 1]`, the heaviest first."""

    def __init__(self, ontology: Ontology, forms: Forms, shown: Mapping[str, float], *, rare_name: float) -> None:
        lexicon = ontology.lexicon
        columns = lexicon.file.columns
        start = np.asarray(columns["sense_start"], np.int64)
        counts = np.asarray(columns["sense_count"], np.int64)
        synsets = np.asarray(columns["sense_synset"], np.int64)
        form = np.repeat(np.arange(len(start) - 1), np.diff(start))
        seen = np.lexsort((-counts, form))  # stable, as the rule's sort is
        counts, synsets = counts[seen], synsets[seen]
        weights = counts + 1 / (np.arange(len(form)) - start[form] + 1)
        weights /= _sums(weights, form)
        category = np.asarray(columns["synset_file"], np.int64)[synsets] - 3
        weights *= np.array([shown.get(name, 0.5) for name in FILES])[category]
        names = forms.capitals[form] & (counts == 0) & (category != FILES.index("location"))
        weights[names] *= rare_name
        weights /= _sums(weights, form)
        order = np.lexsort((-weights, form))
        alone = forms.alone & (np.diff(start) > 0)
        nouns = np.array(lexicon.spaced_forms, object)[alone].tolist()
        self._forms: dict[str, int] = dict(zip(nouns, np.flatnonzero(alone).tolist(), strict=True))
        for irregular in lexicon.exceptions("n"):
            self._forms.pop(irregular.replace("_", " "), None)
        self._bits = forms.bits
        self._start = columns["sense_start"]
        self._weights = weights[order].data
        self._numbers = synsets[order].data
        self._synsets = lexicon.synsets
        self._domains = ontology.all_domains()
        self._spelling = lexicon.spelling

    def senses(self, noun: str) -> tuple[WordSense, ...]:
        """The senses of a noun, the heaviest first; () for words that are left to `meaning`, and for others."""
        form = self._forms.get(noun)
        if form is None or (inflects(noun, "n") and self._is_form_of_another(noun)):
            return ()
        lemma = self._spelling(form).replace("_", " ")
        weights, numbers, synsets, domains = self._weights, self._numbers, self._synsets, self._domains
        first, end = self._start[form], self._start[form + 1]
        if end - first == 1:
            number = numbers[first]
            return (WordSense(synsets[number], lemma, 1.0, domains[number]),)
        return tuple(
            [
                WordSense(synsets[number], lemma, weight, domains[number])
                for number, weight in zip(numbers[first:end].tolist(), weights[first:end].tolist(), strict=True)
            ]
        )

    def _is_form_of_another(self, noun: str) -> bool:
        return any(self._bits.get(base, 0) & NOUN for base in detached(noun, "n"))


def _sums(weights: NDArray[np.float64], form: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each sense, the sum over its form."""
    sums: NDArray[np.float64] = np.bincount(form, weights).astype(np.float64, copy=False)[form]
    return sums
