"""Measure what beams, length penalty and coverage penalty change in the translations of a trained model.

    python benchmarks/search_settings.py RUN [--beams N ...] [--rows N]
    python benchmarks/search_settings.py --table    # the last result, in Markdown

RUN is a run folder of the recipe `translate` on multi30k, or its model. The dev sentences are translated with every
combination of beams, length penalty and coverage penalty. BLEU is sacreBLEU's, on cased texts. The difference to greedy
search has a 95 % interval, from paired bootstrap resampling of the sentences.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import record
import syntagma
from syntagma.data.options import ReadOptions
from syntagma.metrics.bleu import bleu, count_bleu
from syntagma.metrics.significance import percentile_interval, resample_sums
from syntagma.tasks import registry

_RESULT = record.RESULTS / "search_settings.json"
_LENGTH, _COVERAGE = (0.0, 0.6, 1.0), (0.0, 0.2)
_SAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?")
    parser.add_argument("--beams", type=int, nargs="+", default=[5, 10, 50], metavar="N")
    parser.add_argument("--rows", type=int, help="maximum number of sentences")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    if arguments.run is None:
        parser.error("RUN is missing")
    record.write("search_settings", measure(Path(arguments.run), arguments.beams, arguments.rows))
    print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))


def measure(run: Path, beams: list[int], rows: int | None) -> dict[str, Any]:
    model: Any = syntagma.load(run)
    columns = model.recipe_.columns
    dev: Any = registry.task(model.recipe_.task).read("multi30k", ReadOptions(), model.recipe_)["dev"]
    dev = dev.select(range(min(len(dev), rows or len(dev))))
    results: list[dict[str, Any]] = []
    greedy: Any = None
    for size, coverage, length in [(1, 0.0, 0.0), *product(beams, _COVERAGE, _LENGTH)]:
        started = time.perf_counter()
        found = model.annotate(dev.sources, beams=size, length_penalty=length, coverage_penalty=coverage)
        seconds = time.perf_counter() - started
        outputs = [one.text for one in found]
        counts = count_bleu(outputs, dev.targets)
        greedy = counts if greedy is None else greedy
        results.append(
            {
                "beams": size,
                "length_penalty": length,
                "coverage_penalty": coverage,
                **compare(counts, greedy),
                "length_ratio": sum(map(len, outputs)) / sum(map(len, dev.targets)),
                "proved_best": sum(one.stopped == "proved best" for one in found) / len(found),
                "seconds": seconds,
            }
        )
        print(json.dumps(results[-1]), flush=True)
    return {
        "source": columns.source or "en",
        "target": columns.target or "de",
        "rows": len(dev),
        "recipe": model.recipe_.name,
        "results": results,
    }


def compare(counts: Any, greedy: Any) -> dict[str, Any]:
    """Return BLEU, and its difference to the BLEU of greedy search with an interval."""
    score, base = (float(bleu(one.sum(axis=0)[None])[0]) for one in (counts, greedy))
    sums = resample_sums(np.concatenate([counts, greedy], axis=1), _SAMPLES, seed=0)
    width = counts.shape[1]
    interval = percentile_interval(score - base, bleu(sums[:, :width]) - bleu(sums[:, width:]))
    return {"bleu": score, "difference": score - base, "low": interval.low, "high": interval.high}


def table_of(result: dict[str, Any]) -> str:
    lines = [
        "| beams | coverage penalty | α = 0 | α = 0.6 | α = 1 | best compared with greedy search |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    greedy, *others = result["results"]
    lines.append(f"| 1 (greedy) | | {greedy['bleu']:.1f} | | | |")
    groups: dict[tuple[int, float], list[dict[str, Any]]] = {}
    for one in others:
        groups.setdefault((one["beams"], one["coverage_penalty"]), []).append(one)
    for (beams, coverage), group in groups.items():
        best = max(group, key=lambda one: one["bleu"])
        scores = " | ".join(f"{one['bleu']:.1f}" for one in sorted(group, key=lambda one: one["length_penalty"]))
        difference = f"{best['difference']:+.1f} ({best['low']:+.1f} to {best['high']:+.1f})".replace("-", "−")
        lines.append(f"| {beams} | {coverage:g} | {scores} | {difference} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
