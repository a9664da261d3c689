"""Compare the recipe `tag` with a CRF on hand-made features on few sentences.

    SYNTAGMA_DATA=... python benchmarks/few_sentences.py [--set a.b=VALUE ...] [--name NAME]

The script trains `tag` on N random training sentences of three corpora: requests with slots, which
`examples/intents_and_slots.py` generates; chunks of ud-english-ewt, derived from its parts of speech; and the names of
wnut17, without pretrained vectors. Training itself holds out a tenth of them as its dev split. The settings were chosen
on the corpora's own dev splits, which are scored next to test. Finished trainings are kept, and an interrupted script
continues with the next one.
"""

import argparse
import json
import random
import runpy
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import record
import syntagma as sg
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.tagging.baselines.crf import crf_tags
from syntagma.evaluation.tagging.scores import tagging_scores

_EXAMPLE = Path(__file__).parents[1] / "examples" / "intents_and_slots.py"
SIZES = {"slots": (300, 900), "chunks": (300, 720, 3000), "wnut17": (300, 1000, 3000)}
# Of Universal Dependencies; each determiner or pronoun begins a chunk.
_CHUNKS = {
    **dict.fromkeys(("DET", "ADJ", "NUM", "NOUN", "PROPN", "PRON"), "NP"),
    **dict.fromkeys(("AUX", "VERB", "PART"), "VP"),
    **{"ADP": "PP", "SCONJ": "SBAR", "ADV": "ADVP"},
}
_SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], metavar="a.b=VALUE")
    parser.add_argument("--name", default="few_sentences")
    arguments = parser.parse_args()
    path = record.RESULTS / f"{arguments.name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text())["rows"] if path.is_file() else []
    for corpus, sizes in SIZES.items():
        tables = tables_of(corpus)
        for size in sizes:
            if not any((row["corpus"], row["sentences"]) == (corpus, size) for row in rows):
                rows.append({"corpus": corpus, "sentences": size, **scores_of(tables, size, arguments.set)})
                record.write(arguments.name, {"settings": arguments.set, "rows": rows})


def tables_of(corpus: str) -> dict[str, TaggedTable]:
    """Return the train, dev and test splits of a corpus."""
    if corpus == "slots":
        return _slots()
    loaded = load_corpus("wnut17" if corpus == "wnut17" else "ud-english-ewt")
    tables = {split: loaded[split] for split in ("train", "dev", "test")}
    return tables if corpus == "wnut17" else {split: _chunked(table) for split, table in tables.items()}


def _slots() -> dict[str, TaggedTable]:
    before = sys.argv
    with tempfile.TemporaryDirectory() as folder:
        sys.argv = [str(_EXAMPLE), folder]
        try:
            runpy.run_path(str(_EXAMPLE), run_name="__main__")
        finally:
            sys.argv = before
        return {split: read_tagged_table(Path(folder) / f"{split}.jsonl") for split in ("train", "dev", "test")}


def _chunked(table: TaggedTable) -> TaggedTable:
    rows = []
    for tags in table.tags or []:
        chunks, before = [], None
        for tag in tags:
            kind = _CHUNKS.get(tag)
            begins = tag in ("DET", "PRON") or kind != before
            chunks.append("O" if kind is None else f"{'B' if begins else 'I'}-{kind}")
            before = kind
        rows.append(chunks)
    return TaggedTable.from_words(table.words, rows)


def scores_of(tables: dict[str, TaggedTable], size: int, settings: list[str]) -> dict[str, Any]:
    """Return span F1 of the recipe and of the CRF on dev and test, and the seconds of the training."""
    chosen = sorted(random.Random(_SEED).sample(range(len(tables["train"])), size))
    train = tables["train"].select(chosen)
    changes = dict(setting.split("=", 1) for setting in settings)
    started = time.monotonic()
    values = {name: json.loads(value) for name, value in changes.items()}
    tagger = sg.SequenceTagger("tag", values, seed=0, verbose=False).fit(Corpus("few", {"train": train}))
    seconds = time.monotonic() - started
    found: dict[str, Any] = {"seconds": round(seconds), "epochs": len(tagger.history_)}
    for split in ("dev", "test"):
        table = tables[split]
        found[f"tag {split}"] = round(tagger.evaluate(table).scores["span_f1"], 4)
        tags = crf_tags(train.words, train.tags or [], table.words)
        known = [[True] * len(row) for row in table.words]
        found[f"crf {split}"] = round(tagging_scores(table.tags or [], tags, known, tagger.labels_.kinds)["span_f1"], 4)
    return found


if __name__ == "__main__":
    main()
