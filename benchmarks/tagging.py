"""Measure the words per second that a tagger trains on and tags, next to Flair's tagger of the same sizes.

    python benchmarks/tagging.py --flair PYTHON [--rounds N] [--sentences N]

PYTHON is the interpreter of an environment with flair 0.15. Both taggers learn the parts of speech of the first
sentences of ud-english-ewt with a CRF, a BiLSTM with 256 units per direction, a character BiLSTM with 25 units per
direction, frozen GloVe vectors of size 100 and batches of 32. Of two epochs the second one is timed, after compilation
and loading. Then they tag dev twice, and the second time is timed. Each tagger runs in a separate process, alternating
in each round; the ratio is the median of the rounds' ratios. The script needs `SYNTAGMA_DATA`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import record
from syntagma.data.corpora.registry import load_corpus

_PEERS = Path(__file__).with_name("tagging_peers.py")
_VECTORS = "glove/glove.6B.100d.top100k.txt.gz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flair", required=True, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case.json"
        case.write_text(json.dumps(case_of(arguments.sentences)), encoding="utf-8")
        rounds = []
        for number in range(arguments.rounds):
            measured = {
                "flair": measure(arguments.flair, "flair", case),
                "syntagma": measure(sys.executable, "syntagma", case),
            }
            rounds.append(measured)
            print(f"round {number + 1}: {json.dumps(measured)}", flush=True)
    record.write(
        "tagging",
        {
            "sentences": arguments.sentences,
            "peer_versions": rounds[0]["flair"]["versions"],
            "words_a_second": {
                peer: {what: round(median(one[peer][what] for one in rounds)) for what in ("train", "predict")}
                for peer in ("flair", "syntagma")
            },
            "ratio": {
                what: round(median(one["syntagma"][what] / one["flair"][what] for one in rounds), 2)
                for what in ("train", "predict")
            },
            "rounds": rounds,
        },
    )


def case_of(sentences: int) -> dict[str, Any]:
    """Return the words and tags to train on and to tag, and the path of the vectors."""
    corpus = load_corpus("ud-english-ewt")
    train, dev = corpus.train, corpus["dev"]
    return {
        "train": {"words": train.words[:sentences], "tags": train.tags[:sentences]},
        "dev": {"words": dev.words},
        "vectors": str(Path(os.environ["SYNTAGMA_DATA"]) / _VECTORS),
    }


def measure(python: str, peer: str, case: Path) -> dict[str, Any]:
    """Measure the words per second of one peer in a separate process."""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [python, str(_PEERS), peer, str(case)], check=True, capture_output=True, text=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
