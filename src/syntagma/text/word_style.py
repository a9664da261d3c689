"""The tokenisation style of a corpus, learned from its words and applied to raw texts."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from syntagma.errors import BundleError
from syntagma.text.word_splitter import Word, split_words

# Signs within words, mapped to their normal form. A joint is such a sign between two letters (a) or digits (0).
_SIGNS = {**{sign: sign for sign in "-./&_+:@*=~"}, "‐": "-", "‑": "-", "’": "'", "'": "'"}
_JOINT = re.compile(r"(?<=[^\W_])[-‐‑./&_+:@*=~'’](?=[^\W_])")
_ENDING = re.compile(r"(?:n['’]t|['’](?:s|m|d|re|ve|ll))", re.IGNORECASE)
_CONTRACTED = re.compile(r"[^\W\d_]+(?:['’](?:s|m|d|t|re|ve|ll))", re.IGNORECASE)
_INITIAL = re.compile(r"[^\W\d_]\.")
_BEFORE_A_NAME = re.compile(r"\s*[^\W\d_]")
# Maximum number of words that are exceptions to the rules, and their maximum length in characters.
_MOST_WORDS = 20_000
_LONGEST_WORD = 60
_MOST_PARTS = 8


@dataclass(frozen=True)
class WordStyle:
    """The tokenisation style of a corpus: rules for which words stay whole although `split_words` would split them.

    Texts are first split into parts with `split_words`, and parts that form one word are then joined again. Parts that
    are separated by a space are never joined.

    Attributes:
        joints: Signs that may be inside a word, each between the types of the characters around it: "a" for a letter
            and "0" for a digit. For example, "a-a" is the hyphen in "well-known", and "0/0" the slash in "24/7".
        contractions: Whether a contraction, such as "don't", is one word.
        initials: Whether an initial, such as "C.", is one word when a name follows.
        words: Other words that stay whole, such as "AT&T" or "Inc.".

    Example:
        >>> style = WordStyle.learn([["Jean-Luc", "works", "at", "AT&T", "."]])
        >>> [word.text for word in style.split("Is Anne-Marie at AT&T?")]
        ['Is', 'Anne-Marie', 'at', 'AT&T', '?']
    """

    joints: frozenset[str] = frozenset()
    contractions: bool = False
    initials: bool = False
    words: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, texts: Sequence[Sequence[str]]) -> Self:
        """Learn the style of tokenised texts. If the texts are inconsistent, the more frequent variant is used."""
        whole, split = Counter[str](), Counter[str]()
        for text in texts:
            whole.update(text)
            split.update(_violated_rules(text))
        joined = Counter[str]()
        for word, count in whole.items():
            for joint in _joints_of(word):
                joined[joint] += count
        rules = cls(
            joints=frozenset(joint for joint, count in joined.items() if count > split[joint]),
            contractions=_total(whole, _CONTRACTED) > split["contractions"],
            initials=_total(whole, _INITIAL) > split["initials"],
        )
        return replace(rules, words=_find_exceptions(rules, whole, texts))

    def split(self, text: str) -> list[Word]:
        """Split a text into words in this style."""
        parts = split_words(text)
        words: list[Word] = []
        first = 0
        while first < len(parts):
            end = self._match_known_word(text, parts, first) or self._apply_rules(text, parts, first)
            start = parts[first].start
            words.append(Word(text[start : parts[end - 1].end], start, parts[end - 1].end))
            first = end
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return the style as a JSON-serialisable dict."""
        rules = {"contractions": self.contractions, "initials": self.initials}
        return {"joints": sorted(self.joints), **rules, "words": sorted(self.words)}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore a style from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
        """
        names = ("contractions", "initials")
        if not isinstance(values, dict) or set(values) != {"joints", *names, "words"}:
            raise BundleError(
                "the word style must have exactly the keys joints, contractions, initials and words; the file was "
                "changed."
            )
        for words in (values["joints"], values["words"]):
            if (
                not isinstance(words, list)
                or len(words) > _MOST_WORDS
                or not all(isinstance(one, str) for one in words)
            ):
                raise BundleError(
                    f"joints and words must be lists of at most {_MOST_WORDS:,} strings; the file was changed."
                )
        if not all(isinstance(values[name], bool) for name in names):
            raise BundleError("contractions and initials must be true or false; the file was changed.")
        rules = {name: values[name] for name in names}
        return cls(joints=frozenset(values["joints"]), words=frozenset(values["words"]), **rules)

    def _match_known_word(self, text: str, parts: Sequence[Word], first: int) -> int:
        """Return the end (an index into `parts`) of the longest known word at `first`, or 0 if there is none."""
        longest, end = 0, first + 1
        while self.words and end < min(len(parts), first + _MOST_PARTS) and parts[end - 1].end == parts[end].start:
            end += 1
            longest = end if text[parts[first].start : parts[end - 1].end] in self.words else longest
        return longest

    def _apply_rules(self, text: str, parts: Sequence[Word], first: int) -> int:
        """Return the end (an index into `parts`) of the word that begins at `first`.

        Parts are joined by the rules in `joints`, `contractions` and `initials`. Words in `words` are not looked up.
        """
        end = first + 1
        while end < len(parts) and parts[end - 1].end == parts[end].start:
            following = parts[end].text
            if self.joints and following in _SIGNS and _joint_at(parts, end) in self.joints:
                end += 2
            elif (self.contractions and _ENDING.fullmatch(following)) or self._is_initial(text, parts, first, end):
                end += 1
            else:
                break
        return end

    def _is_initial(self, text: str, parts: Sequence[Word], first: int, end: int) -> bool:
        letter = parts[first].text
        is_letter = end == first + 1 and len(letter) == 1 and letter.isupper()
        return (
            self.initials and is_letter and parts[end].text == "." and bool(_BEFORE_A_NAME.match(text, parts[end].end))
        )


def _joint_at(parts: Sequence[Word], place: int) -> str:
    """Return the sign at index `place` in the form used in `WordStyle.joints`, or "" if it does not join two words."""
    if place + 1 >= len(parts) or parts[place].end != parts[place + 1].start:
        return ""
    return _joint(parts[place - 1].text, parts[place].text, parts[place + 1].text)


def _joint(before: str, sign: str, after: str) -> str:
    """Return a sign between two words in the form used in `WordStyle.joints`, or "" if it does not join the words.

    Example:
        >>> _joint("24", "/", "7"), _joint("Jean", "-", "Luc"), _joint("(", "-", ")")
        ('0/0', 'a-a', '')
    """
    if sign not in _SIGNS or not before[-1:].isalnum() or not after[:1].isalnum():
        return ""
    return _kind(before[-1]) + _SIGNS[sign] + _kind(after[0])


def _kind(sign: str) -> str:
    return "0" if sign.isdigit() else "a"


def _joints_of(word: str) -> set[str]:
    return {_joint(word[: found.start()], found[0], word[found.end() :]) for found in _JOINT.finditer(word)}


def _violated_rules(text: Sequence[str]) -> Iterable[str]:
    """Yield each rule that a tokenised text violates, once per violation.

    A text violates a rule if it splits a word that the rule would keep whole. A rule is a joint, in the form
    used in `WordStyle.joints`, or one of the names "contractions" and "initials".
    """
    for place, word in enumerate(text):
        before = text[place - 1] if place else ""
        after = text[place + 1] if place + 1 < len(text) else ""
        if joint := _joint(before, word, after):
            yield joint
        if _ENDING.fullmatch(word):
            yield "contractions"
        elif word == "." and len(before) == 1 and before.isupper() and after:
            yield "initials"


def _find_exceptions(rules: WordStyle, whole: Counter[str], texts: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the words that the rules would split, but that appear whole in the texts more often than split.

    If there are more than `_MOST_WORDS` such words, only the most frequent ones are returned.
    """
    parts_of: dict[str, tuple[str, ...]] = {}
    for word in whole:
        if 1 < len(word) <= _LONGEST_WORD and any(map(str.isalnum, word)):
            parts = tuple(part.text for part in rules.split(f"{word} A"))[:-1]
            if len(parts) > 1 and "".join(parts) == word:
                parts_of[word] = parts
    by_first: dict[str, list[str]] = {}
    for word, parts in parts_of.items():
        by_first.setdefault(parts[0], []).append(word)
    split = Counter(
        word
        for text in texts
        for place, first in enumerate(text)
        for word in by_first.get(first, ())
        if tuple(text[place : place + len(parts_of[word])]) == parts_of[word]
    )
    kept = [word for word in parts_of if whole[word] > split[word]]
    return frozenset(sorted(kept, key=lambda word: (-whole[word], word))[:_MOST_WORDS])


def _total(counts: Counter[str], pattern: re.Pattern[str]) -> int:
    return sum(count for word, count in counts.items() if pattern.fullmatch(word))
