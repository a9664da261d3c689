"""Measure how fast a generator trains and decodes, next to an equal encoder-decoder in plain PyTorch.

    python benchmarks/generation.py --torch PYTHON [--rounds N] [--pairs N] [--size N]

PYTHON is the interpreter of an environment with PyTorch. Both peers have the network of the recipe `translate` with the
same weights, the same batches of multi30k (English to German), and the same rules of beam search, so their outputs are
compared too. Syntagma trains first, for two epochs of which the second is timed, and hands its weights over. Then
PyTorch trains from these weights for as many steps, and both translate dev with 5 beams, in batches of 64 and one by
one. Each peer runs in a separate process, alternating in each round; the ratio is the median of the rounds' ratios. The
script needs `SYNTAGMA_DATA`.
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

import numpy as np

import record
from syntagma.data.batching.batches import BatchConfig
from syntagma.data.batching.pairs import PairBatches
from syntagma.data.corpora.registry import load_corpus
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.vocabularies import PairVocabularies, VocabularyConfig

_PEERS = Path(__file__).with_name("generation_peers.py")
_SENTENCES = 256
_FIGURES = ("train", "batch_64", "batch_1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", required=True, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--size", type=int, default=None, help="size of the vocabulary")
    arguments = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder)
        facts = write_case(case, arguments.pairs, arguments.size)
        for number in range(arguments.rounds):
            measured = {
                "syntagma": measure(sys.executable, "syntagma", case),
                "torch": measure(arguments.torch, "torch", case),
            }
            rounds.append(measured)
            print(f"round {number + 1}: {json.dumps(measured)}", flush=True)
    record.write(
        "generation",
        {
            **facts,
            "peer_versions": rounds[0]["torch"]["versions"],
            "units": {
                "train": "target subwords a second",
                "batch_64": "sentences a second",
                "batch_1": "sentences a second",
            },
            "speed": {
                peer: {name: round(median(one[peer][name] for one in rounds), 1) for name in _FIGURES}
                for peer in ("syntagma", "torch")
            },
            "ratio": {
                name: round(median(one["syntagma"][name] / one["torch"][name] for one in rounds), 2)
                for name in _FIGURES
            },
            "megabytes": {peer: [one[peer]["megabytes"] for one in rounds] for peer in ("syntagma", "torch")},
            "equal_outputs": rounds[0]["torch"]["equal_outputs"],
            "rounds": rounds,
        },
    )


def write_case(folder: Path, pairs: int, size: int | None) -> dict[str, Any]:
    """Write the batches to train on and the sentences to translate, and return the sizes."""
    corpus = load_corpus("multi30k")
    train, dev = corpus.train, corpus["dev"].select(range(_SENTENCES))
    vocabularies = PairVocabularies.train(VocabularyConfig(size=size), train.sources, train.targets)
    part = train.select(range(pairs))
    rows = encode(vocabularies, part.sources, part.targets)
    batches = list(PairBatches(rows, BatchConfig(size=64, max_tokens=120)).epoch(1))
    arrays: dict[str, Any] = {}
    for number, batch in enumerate(batches):
        inputs = preparation.model_inputs(batch.arrays, len(vocabularies.target))
        arrays |= {f"{number}/{name}": values for name, values in inputs.items()}
    tokens = encode(vocabularies, dev.sources, dev.targets).tokens
    np.savez(folder / "batches.npz", **arrays)
    np.savez(folder / "sentences.npz", values=tokens.values, offsets=tokens.offsets)
    facts = {
        "vocabulary": len(vocabularies.target),
        "steps": len(batches),
        "target_subwords": int(rows.others["targets"].lengths.sum()),
        "sentences": _SENTENCES,
    }
    (folder / "case.json").write_text(json.dumps(facts), encoding="utf-8")
    return facts


def encode(vocabularies: PairVocabularies, sources: list[str], targets: list[str]) -> Any:
    pieces = vocabularies.source.encode_many(sources), vocabularies.target.encode_many(targets)
    return preparation.encode_pairs(vocabularies, *pieces, copies=False)[0]


def measure(python: str, peer: str, case: Path) -> dict[str, Any]:
    """Measure one peer in a separate process."""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [python, str(_PEERS), peer, str(case)], check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
