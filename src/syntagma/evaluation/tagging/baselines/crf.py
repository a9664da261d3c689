"""A CRF on hand-made features of words: the strong simple tagger to be better than."""

from collections.abc import Iterator, Sequence

Rows = Sequence[Sequence[str]]

TITLE = "CRF on word features"
# The weights of the L1 and the L2 penalty, the best of four pairs on the dev split of WNUT-17.
_SETTINGS = {"c1": 0.1, "c2": 0.01, "max_iterations": 100, "feature.possible_transitions": True}
_AFFIX = 4


def crf_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Tags of other sentences by a linear-chain CRF that has learned from these.

    Its features are those of the taggers that were usual before networks: the word in lower case, its first and last
    letters, its shape, and the same of the two words on either side (Lafferty et al., 2001; Okazaki, CRFsuite, 2007).
    """
    import tempfile
    from pathlib import Path

    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_SETTINGS)
    for row, marks in zip(words, tags, strict=True):
        if row:
            trainer.append(pycrfsuite.ItemSequence(list(features(row))), list(marks))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "crf")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        found = [tagger.tag(pycrfsuite.ItemSequence(list(features(row)))) if row else [] for row in others]
        tagger.close()
    return found


def features(words: Sequence[str]) -> Iterator[list[str]]:
    """The features of each word of a sentence.

    Example:
        >>> next(features(["Oslo"]))[:4]
        ['bias', 'word=oslo', 'shape=Aa', 'first=o']
    """
    of_word = [list(_own(word)) for word in words]
    for place in range(len(words)):
        found = ["bias", *of_word[place]]
        for step in (-2, -1, 1, 2):
            if 0 <= place + step < len(words):
                found += [f"{step:+d}:{one}" for one in of_word[place + step][:2]]
            elif abs(step) == 1:
                found.append(f"{step:+d}:none")
        yield found


def _own(word: str) -> Iterator[str]:
    lower = word.lower()
    yield f"word={lower}"
    yield f"shape={shape(word)}"
    for length in range(1, min(_AFFIX, len(word)) + 1):
        yield f"first={lower[:length]}"
        yield f"last={lower[-length:]}"


def shape(word: str) -> str:
    """What kinds of characters a word is made of, each run of a kind once.

    Example:
        >>> shape("McDonald's"), shape("2024-11")
        ("AaAa'a", '0-0')
    """
    kinds = ("A" if one.isupper() else "a" if one.isalpha() else "0" if one.isdigit() else one for one in word)
    found = ""
    for kind in kinds:
        if found[-1:] != kind:
            found += kind
    return found
