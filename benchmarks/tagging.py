"""How many words a second does a tagger learn from and read, beside Flair's of the same sizes?

    python benchmarks/tagging.py --flair PYTHON [--rounds N] [--sentences N]

PYTHON is the interpreter of an environment with flair 0.15. Both learn the parts of speech of the first sentences of
ud-english-ewt with a CRF over a BiLSTM of 256 a direction, a character BiLSTM of 25 a direction, GloVe vectors of 100
that stay as they are, and batches of 32, for two passes, of which the second is counted (compiling and loading are
over then); then they tag dev twice, and the second time is counted. Each is a process of its own, one after the other
in each round; the ratio is the median of the rounds' ratios. It needs `SYNTAGMA_DATA`.
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
    """Words and tags to learn and to read, and where the vectors are."""
    corpus = load_corpus("ud-english-ewt")
    train, dev = corpus.train, corpus["dev"]
    return {
        "train": {"words": train.words[:sentences], "tags": train.tags[:sentences]},
        "dev": {"words": dev.words},
        "vectors": str(Path(os.environ["SYNTAGMA_DATA"]) / _VECTORS),
    }


def measure(python: str, peer: str, case: Path) -> dict[str, Any]:
    """Words a second of one peer, in a process of its own."""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [python, str(_PEERS), peer, str(case)], check=True, capture_output=True, text=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
