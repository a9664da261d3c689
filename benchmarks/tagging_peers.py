"""The peers of `tagging.py`: one tagger each, as its users train it."""

import argparse
import gzip
import json
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def syntagma_speed(case: dict[str, Any]) -> dict[str, Any]:
    import syntagma

    times: list[float] = []
    settings = {
        "training.epochs": 2,
        "training.min_steps": 0,
        "training.dev": False,
        "model.output": "crf",
        "model.units": 256,
        "model.characters.kind": "lstm",
        "model.characters.units": 50,
        "embedding.vectors": case["vectors"],
        "embedding.trainable": False,
        "batches.size": 32,
    }
    tagger = syntagma.SequenceTagger("tag-pos", settings, verbose=False)
    tagger.fit(case["train"]["words"], case["train"]["tags"], on_epoch=lambda record: times.append(time.perf_counter()))
    tagger.predict(case["dev"]["words"])
    return {
        "train": count(case["train"]) / (times[1] - times[0]),
        "predict": count(case["dev"]) / seconds(lambda: tagger.predict(case["dev"]["words"])),
        "versions": {"syntagma": syntagma.__version__},
    }


def flair_speed(case: dict[str, Any]) -> dict[str, Any]:
    import flair
    import torch
    from flair.data import Corpus, Dictionary, Sentence
    from flair.datasets import FlairDatapointDataset
    from flair.embeddings import CharacterEmbeddings, StackedEmbeddings, WordEmbeddings
    from flair.models import SequenceTagger
    from flair.trainers import ModelTrainer

    logging.getLogger("flair").setLevel(logging.ERROR)
    sentences = [Sentence(words) for words in case["train"]["words"]]
    for sentence, tags in zip(sentences, case["train"]["tags"], strict=True):
        for token, tag in zip(sentence, tags, strict=True):
            token.add_label("upos", tag)
    corpus = Corpus(FlairDatapointDataset(sentences), sample_missing_splits=False)
    with tempfile.TemporaryDirectory() as folder:
        vectors = Path(folder) / "glove.txt"
        vectors.write_bytes(gzip.decompress(Path(case["vectors"]).read_bytes()))
        characters = Dictionary()
        for character in sorted({one for words in case["train"]["words"] for word in words for one in word}):
            characters.add_item(character)
        characters.save(str(Path(folder) / "characters"))
        embeddings = StackedEmbeddings(
            [
                WordEmbeddings(str(vectors), no_header=True),
                CharacterEmbeddings(str(Path(folder) / "characters"), 25, 25),
            ]
        )
        tags = corpus.make_label_dictionary("upos", add_unk=False)
        # By default Flair adds a layer of the vectors' size after them; ours has none.
        tagger = SequenceTagger(embeddings, tags, "upos", hidden_size=256, use_crf=True, reproject_embeddings=False)
        trainer = ModelTrainer(tagger, corpus)
        once = lambda: trainer.train(  # noqa: E731
            folder,
            learning_rate=0.1,
            mini_batch_size=32,
            max_epochs=1,
            save_final_model=False,
            embeddings_storage_mode="cpu",
        )
        once()
        training = seconds(once)
    read = lambda: [Sentence(words) for words in case["dev"]["words"]]  # noqa: E731
    tagger.predict(read(), mini_batch_size=32)
    fresh = read()
    return {
        "train": count(case["train"]) / training,
        "predict": count(case["dev"]) / seconds(lambda: tagger.predict(fresh, mini_batch_size=32)),
        "versions": {"flair": flair.__version__, "torch": torch.__version__},
    }


def count(part: dict[str, Any]) -> int:
    """Count the words of a split."""
    return sum(map(len, part["words"]))


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    peers = {"syntagma": syntagma_speed, "flair": flair_speed}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=peers)
    parser.add_argument("case", type=Path, help="words and tags, as tagging.py writes them")
    arguments = parser.parse_args()
    print(json.dumps(peers[arguments.peer](json.loads(arguments.case.read_text("utf-8")))))
