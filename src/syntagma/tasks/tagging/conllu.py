"""Tagged texts in CoNLL-U format."""

from typing import Any

from syntagma.tasks.tagging.results import PredictedTag, TaggedText
from syntagma.tasks.tagging.tagged_texts import comment_lines
from syntagma.wording import escape_control

# The universal part-of-speech tags (UPOS) of Universal Dependencies; other plain tags are language-specific (XPOS).
_UPOS = frozenset("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())  # noqa: SIM905
_NONE = "_"


def conllu_block(text: TaggedText, inputs: dict[str, Any], number: int) -> str:
    """Return a text as a CoNLL-U sentence, or "" if it has no words, because CoNLL-U has no empty sentences.

    If the model predicts plain tags, they are in the column UPOS or XPOS, and any auxiliary tags are in MISC, such as
    `Lower=NOUN`. If tags represent spans, they are in MISC, such as `NER=B-place`, and any auxiliary tags are in UPOS
    or XPOS. UPOS is used if all tags of the text are universal part-of-speech tags, and XPOS otherwise. MISC also has
    the probability of each predicted tag.

    Args:
        text: Tagged text.
        inputs: Input columns of the text, which become comments.
        number: Number of the sentence in the file, from 1, which is written as `sent_id`.
    """
    if not text.words:
        return ""
    plain = [word.tag if text.has_plain_tags else word.lower for word in text.words]
    place = 3 if _UPOS.issuperset(tag for tag in plain if tag) else 4
    rows = [_row(text, row, tag, place) for row, tag in enumerate(plain)]
    return comment_lines(text, inputs, sent_id=number) + "".join(rows) + "\n"


def _row(text: TaggedText, row: int, plain: str | None, place: int) -> str:
    word = text.words[row]
    fields = [_NONE] * 10
    fields[0], fields[1] = str(row + 1), _field(word.text)
    if plain is not None:
        fields[place] = _field(plain)
    fields[9] = "|".join(f"{name}={_value(value)}" for name, value in _misc(text, word, row).items())
    return "\t".join(fields) + "\n"


def _misc(text: TaggedText, word: PredictedTag, row: int) -> dict[str, str]:
    misc = {} if text.has_plain_tags else {"NER": word.tag}
    if text.has_plain_tags and word.lower is not None:
        misc["Lower"] = word.lower
    misc["Probability"] = f"{word.probability:.4f}"
    following = text.words[row + 1].start if row + 1 < len(text.words) else None
    return misc | ({"SpaceAfter": "No"} if following == word.end else {})


def _field(value: str) -> str:
    return escape_control(value.replace("\t", " "))


def _value(value: str) -> str:
    return _field(value).replace("\\", "\\\\").replace("|", "\\p")
