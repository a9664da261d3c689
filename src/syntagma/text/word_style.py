"""How the words of a corpus are cut, so that raw texts can be cut in the same way."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from syntagma.errors import BundleError
from syntagma.text.word_splitter import Word, split_words

# Signs within words, by how they are noted; a joint is such a sign between a letter (a) or a digit (0) and another.
_SIGNS = {**{sign: sign for sign in "-./&_+:@*=~"}, "‐": "-", "‑": "-", "’": "'", "'": "'"}
_JOINT = re.compile(r"(?<=[^\W_])[-‐‑./&_+:@*=~'’](?=[^\W_])")
_ENDING = re.compile(r"(?:n['’]t|['’](?:s|m|d|re|ve|ll))", re.IGNORECASE)
_CONTRACTED = re.compile(r"[^\W\d_]+(?:['’](?:s|m|d|t|re|ve|ll))", re.IGNORECASE)
_INITIAL = re.compile(r"[^\W\d_]\.")
_BEFORE_A_NAME = re.compile(r"\s*[^\W\d_]")
# Words that the rules do not explain, the most frequent ones, and how long they may be.
_MOST_WORDS = 20_000
_LONGEST_WORD = 60
_MOST_PARTS = 8


@dataclass(frozen=True)
class WordStyle:
    """What a corpus leaves whole that `split_words` would cut. Words are joined only if nothing is between them.

    Attributes:
        joints: Signs that join words, with what is around them: "a-a" as in "well-known", "0/0" as in "24/7".
        contractions: Whether "don't" is one word.
        initials: Whether "C." before a name is one word.
        words: Other words that stay whole, such as "AT&T" or "Inc.".

    Example:
        >>> style = WordStyle.learn([["Jean-Luc", "works", "at", "AT&T", "."]])
        >>> [word.text for word in style.cut("Is Anne-Marie at AT&T?")]
        ['Is', 'Anne-Marie', 'at', 'AT&T', '?']
    """

    joints: frozenset[str] = frozenset()
    contractions: bool = False
    initials: bool = False
    words: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, texts: Sequence[Sequence[str]]) -> Self:
        """Return the style of texts that are cut; what occurs both ways is decided by the more frequent one."""
        whole, apart = Counter[str](), Counter[str]()
        for text in texts:
            whole.update(text)
            apart.update(_parted_rules(text))
        joined = Counter[str]()
        for word, count in whole.items():
            for joint in _joints_of(word):
                joined[joint] += count
        rules = cls(
            joints=frozenset(joint for joint, count in joined.items() if count > apart[joint]),
            contractions=_total(whole, _CONTRACTED) > apart["contractions"],
            initials=_total(whole, _INITIAL) > apart["initials"],
        )
        return replace(rules, words=_unexplained(rules, whole, texts))

    def cut(self, text: str) -> list[Word]:
        """Cut a text into words."""
        parts = split_words(text)
        words: list[Word] = []
        place = 0
        while place < len(parts):
            end = self._end_of_known(text, parts, place) or self._end_by_rules(text, parts, place)
            start = parts[place].start
            words.append(Word(text[start : parts[end - 1].end], start, parts[end - 1].end))
            place = end
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        rules = {"contractions": self.contractions, "initials": self.initials}
        return {"joints": sorted(self.joints), **rules, "words": sorted(self.words)}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Take back what `to_dict` gave.

        Raises:
            BundleError: Anything else.
        """
        names = ("contractions", "initials")
        if not isinstance(values, dict) or set(values) != {"joints", *names, "words"}:
            raise BundleError("the style of words needs joints, contractions, initials and words.")
        for words in (values["joints"], values["words"]):
            if (
                not isinstance(words, list)
                or len(words) > _MOST_WORDS
                or not all(isinstance(one, str) for one in words)
            ):
                raise BundleError(
                    f"a style has at most {_MOST_WORDS:,} joints and words, as lists; the file was changed."
                )
        if not all(isinstance(values[name], bool) for name in names):
            raise BundleError("the rules of the style of words must be true or false; the file was changed.")
        rules = {name: values[name] for name in names}
        return cls(joints=frozenset(values["joints"]), words=frozenset(values["words"]), **rules)

    def _end_of_known(self, text: str, parts: Sequence[Word], place: int) -> int:
        """Return the end of the longest known word that begins with a part, 0 for none."""
        found, end = 0, place + 1
        while self.words and end < min(len(parts), place + _MOST_PARTS) and parts[end - 1].end == parts[end].start:
            end += 1
            found = end if text[parts[place].start : parts[end - 1].end] in self.words else found
        return found

    def _end_by_rules(self, text: str, parts: Sequence[Word], place: int) -> int:
        end = place + 1
        while end < len(parts) and parts[end - 1].end == parts[end].start:
            following = parts[end].text
            if self.joints and following in _SIGNS and _joint_at(parts, end) in self.joints:
                end += 2
            elif (self.contractions and _ENDING.fullmatch(following)) or self._is_initial(text, parts, place, end):
                end += 1
            else:
                break
        return end

    def _is_initial(self, text: str, parts: Sequence[Word], place: int, end: int) -> bool:
        letter = parts[place].text
        is_letter = end == place + 1 and len(letter) == 1 and letter.isupper()
        return (
            self.initials and is_letter and parts[end].text == "." and bool(_BEFORE_A_NAME.match(text, parts[end].end))
        )


def _joint_at(parts: Sequence[Word], place: int) -> str:
    """Return the joint that a sign is, "" if nothing follows it at once."""
    if place + 1 >= len(parts) or parts[place].end != parts[place + 1].start:
        return ""
    return _joint(parts[place - 1].text, parts[place].text, parts[place + 1].text)


def _joint(before: str, sign: str, after: str) -> str:
    """Return the joint of a sign between two words, "" if it is none.

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


def _parted_rules(text: Sequence[str]) -> Iterable[str]:
    """Yield the name of a rule for each place at which a text is cut that the rule would leave whole."""
    for place, word in enumerate(text):
        before = text[place - 1] if place else ""
        after = text[place + 1] if place + 1 < len(text) else ""
        if joint := _joint(before, word, after):
            yield joint
        if _ENDING.fullmatch(word):
            yield "contractions"
        elif word == "." and len(before) == 1 and before.isupper() and after:
            yield "initials"


def _unexplained(rules: WordStyle, whole: Counter[str], texts: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the most frequent words that the rules would cut, if they are whole more often than they are cut."""
    cut: dict[str, tuple[str, ...]] = {}
    for word in whole:
        if 1 < len(word) <= _LONGEST_WORD and any(map(str.isalnum, word)):
            parts = tuple(part.text for part in rules.cut(f"{word} A"))[:-1]
            if len(parts) > 1 and "".join(parts) == word:
                cut[word] = parts
    by_first: dict[str, list[str]] = {}
    for word, parts in cut.items():
        by_first.setdefault(parts[0], []).append(word)
    apart = Counter(
        word
        for text in texts
        for place, first in enumerate(text)
        for word in by_first.get(first, ())
        if tuple(text[place : place + len(cut[word])]) == cut[word]
    )
    kept = [word for word in cut if whole[word] > apart[word]]
    return frozenset(sorted(kept, key=lambda word: (-whole[word], word))[:_MOST_WORDS])


def _total(counts: Counter[str], pattern: re.Pattern[str]) -> int:
    return sum(count for word, count in counts.items() if pattern.fullmatch(word))
