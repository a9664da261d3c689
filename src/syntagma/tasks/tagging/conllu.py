"""Tagged texts as CoNLL-U."""

from typing import Any

from syntagma.tasks.tagging.results import FoundTag, TaggedText
from syntagma.tasks.tagging.tagged_texts import comments_of
from syntagma.wording import escape_control

# The parts of speech of Universal Dependencies; other plain tags are those of a language.
_UPOS = frozenset("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())  # noqa: SIM905
_NONE = "_"


def conllu_block(text: TaggedText, given: dict[str, Any], number: int) -> str:
    """Return a text as a sentence of CoNLL-U, "" if it has no words, which CoNLL-U does not have.

    Plain tags, and those of the lower layer, are in the column UPOS if they are all parts of speech of Universal
    Dependencies, in XPOS otherwise. Tags that spell spans are in MISC, as `NER=B-place`, with their probabilities.
    """
    if not text.words:
        return ""
    plain = [word.tag if text.has_plain_tags else word.lower for word in text.words]
    place = 3 if _UPOS.issuperset(tag for tag in plain if tag) else 4
    rows = [_row(text, row, tag, place) for row, tag in enumerate(plain)]
    return comments_of(text, given, sent_id=number) + "".join(rows) + "\n"


def _row(text: TaggedText, row: int, plain: str | None, place: int) -> str:
    word = text.words[row]
    fields = [_NONE] * 10
    fields[0], fields[1] = str(row + 1), _field(word.text)
    if plain is not None:
        fields[place] = _field(plain)
    fields[9] = "|".join(f"{name}={_value(value)}" for name, value in _others(text, word, row).items())
    return "\t".join(fields) + "\n"


def _others(text: TaggedText, word: FoundTag, row: int) -> dict[str, str]:
    found = {} if text.has_plain_tags else {"NER": word.tag}
    if text.has_plain_tags and word.lower is not None:
        found["Lower"] = word.lower
    found["Probability"] = f"{word.probability:.4f}"
    following = text.words[row + 1].start if row + 1 < len(text.words) else None
    return found | ({"SpaceAfter": "No"} if following == word.end else {})


def _field(value: str) -> str:
    return escape_control(value.replace("\t", " "))


def _value(value: str) -> str:
    return _field(value).replace("\\", "\\\\").replace("|", "\\p")
