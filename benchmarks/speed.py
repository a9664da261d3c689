"""Measure the waiting times of a user: encoding a corpus, the help, the first prediction, 25,000 predictions.

    python benchmarks/speed.py RUN [--rounds N]

RUN is a trained run folder (`syntagma train classify --data imdb --out RUN`). Commands run as separate processes.
Their time and peak memory are those reported by the system. Every figure is the median of the rounds.
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import record
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.texts.table import TextTable
from syntagma.text.encoders import BPEEncoderConfig, WordEncoderConfig, train_encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    corpus = load_corpus("imdb")
    with tempfile.TemporaryDirectory() as folder:
        reviews = Path(folder) / "reviews.csv"
        write_reviews(corpus["test"], reviews)
        many = ["predict", str(arguments.run), "--input", str(reviews), "--output", str(Path(folder) / "out.csv")]
        figures = {
            "encode 25,000 reviews as words": seconds(
                encoding(WordEncoderConfig(), corpus.train.texts), arguments.rounds
            ),
            "encode 25,000 reviews as BPE": seconds(encoding(BPEEncoderConfig(), corpus.train.texts), arguments.rounds),
            "syntagma --help": seconds(command("--help"), arguments.rounds),
            "syntagma predict RUN TEXT": seconds(command("predict", str(arguments.run), "A film."), arguments.rounds),
            "syntagma predict RUN --input, 25,000 reviews": seconds(command(*many), arguments.rounds),
        }
    record.write("speed", {"seconds": figures, "peak_gigabytes_of_any_command": peak()})


def write_reviews(table: TextTable, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in table.texts)])


def encoding(config: Any, texts: Any) -> Any:
    encoder = train_encoder(config, texts)
    return lambda: encoder.encode(texts)


def command(*arguments: str) -> Any:
    line = [sys.executable, "-m", "syntagma", *arguments]
    return lambda: subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(work: Any, rounds: int) -> float:
    measured = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        measured.append(time.perf_counter() - started)
    return round(median(measured), 3)


def peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20, 2)


if __name__ == "__main__":
    main()
