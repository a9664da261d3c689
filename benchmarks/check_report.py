"""Compare the numbers of a run's report with scikit-learn's on the stored predictions.

    python benchmarks/check_report.py RUN ...

The script reads `report/report.json` and `predictions/*.parquet` of each run, and recomputes accuracy, F1, log loss,
precision and recall of each label, areas under the curves, the confusion matrix and, from its definition, the
calibration error. The exit code is 1 if a number differs by more than 1e-6.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn import metrics
from sklearn.preprocessing import MultiLabelBinarizer

_CLOSE = 1e-6

Number = tuple[str, Any, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    differing = 0
    for folder in parser.parse_args().runs:
        report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
        compared = list(numbers(folder, report))
        wrong = [(name, ours, theirs) for name, ours, theirs in compared if not close(ours, theirs)]
        print(f"{folder}: {len(compared)} numbers compared with scikit-learn, {len(wrong)} differ")
        for name, ours, theirs in wrong:
            print(f"  {name}: the report has {ours}, scikit-learn {theirs}")
        differing += len(wrong)
    sys.exit(1 if differing else 0)


def close(ours: Any, theirs: Any) -> bool:
    return ours is not None and bool(np.allclose(ours, theirs, rtol=0, atol=_CLOSE))


def numbers(folder: Path, report: dict[str, Any]) -> Iterator[Number]:
    """Yield the name of each figure, its value in the report and that of scikit-learn."""
    several = report["kind"] == "multilabel"
    for split, scores in report["splits"].items():
        rows = Predictions(folder, split, report)
        yield from scores_of(f"{split}", scores, rows, "p", several)
        for baseline in report["baselines"]:
            name = baseline["name"]
            yield from scores_of(f"{split}, {name}", baseline["splits"][split], rows, name, several)
        calibration = report["calibration"]["splits"][split]
        yield f"{split}, calibration after", calibration["after"]["expected_calibration_error"], rows.error(several)
    rows = Predictions(folder, report["reported"], report)
    yield from labels_of(report, rows, several)


class Predictions:
    """Stored predictions of one split."""

    def __init__(self, folder: Path, split: str, report: dict[str, Any]):
        self._table = pl.read_parquet(folder / "predictions" / f"{split}.parquet")
        self.labels = report["labels"]
        gold = self._table["gold"].to_list()
        if report["kind"] == "multilabel":
            self.gold = MultiLabelBinarizer(classes=self.labels).fit_transform(gold)
        else:
            self.gold = np.array([self.labels.index(label) for label in gold])

    def probabilities(self, who: str) -> Any:
        """Return the probabilities (rows, K) of the model ("p") or of a baseline."""
        return np.stack([self._table[f"{who}:{label}"].to_numpy() for label in self.labels], axis=1).astype(np.float64)

    def decided(self, who: str, several: bool) -> Any:
        """Return predicted class indices (rows,), or 0/1 (rows, K) for several labels per row."""
        p = self.probabilities(who)
        return (p > 0.5).astype(int) if several else p.argmax(axis=1)

    def error(self, several: bool, bins: int = 15) -> float:
        """Compute the expected calibration error of the decisions: all of them for several labels per row."""
        p = self.probabilities("p")
        sure = np.maximum(p, 1 - p).ravel() if several else p.max(axis=1)
        right = (self.decided("p", several) == self.gold).ravel()
        place = np.minimum((sure * bins).astype(int), bins - 1)
        counts = np.bincount(place, minlength=bins)
        gaps = np.bincount(place, weights=sure, minlength=bins) - np.bincount(place, weights=right, minlength=bins)
        return float(np.abs(gaps).sum() / counts.sum())


def scores_of(title: str, scores: dict[str, Any], rows: Predictions, who: str, several: bool) -> Iterator[Number]:
    gold, decided, p = rows.gold, rows.decided(who, several), rows.probabilities(who)
    every = None if several else range(len(rows.labels))
    yield f"{title}, rows", scores["rows"], len(gold)
    yield f"{title}, accuracy", scores["accuracy"]["value"], metrics.accuracy_score(gold, decided)
    macro = metrics.f1_score(gold, decided, average="macro", labels=present(gold, decided, every), zero_division=0)
    yield f"{title}, macro F1", scores["macro_f1"]["value"], macro
    if several:
        micro = metrics.f1_score(gold, decided, average="micro", zero_division=0)
        yield f"{title}, micro F1", scores["micro_f1"]["value"], micro
        each = [metrics.log_loss(gold[:, k], p[:, k], labels=[0, 1]) for k in range(p.shape[1])]
        yield f"{title}, log loss", scores["log_loss"], np.mean(each)
    else:
        scaled = p / p.sum(axis=1, keepdims=True)
        yield f"{title}, log loss", scores["log_loss"], metrics.log_loss(gold, scaled, labels=every)


def present(gold: Any, decided: Any, every: Any) -> Any:
    """Return the labels that occur in either array, which is scikit-learn's own choice."""
    return every if every is None else sorted(set(gold) | set(decided))


def labels_of(report: dict[str, Any], rows: Predictions, several: bool) -> Iterator[Number]:
    gold, decided, p = rows.gold, rows.decided("p", several), rows.probabilities("p")
    every = list(range(len(rows.labels)))
    columns = gold if several else (gold[:, None] == np.array(every)).astype(int)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        gold, decided, labels=every, average=None, zero_division=0
    )
    for k, one in enumerate(report["per_label"]):
        theirs = {"precision": precision[k], "recall": recall[k], "f1": f1[k], "rows": support[k]}
        if 0 < support[k] < len(columns):
            theirs["roc_auc"] = metrics.roc_auc_score(columns[:, k], p[:, k])
            theirs["average_precision"] = metrics.average_precision_score(columns[:, k], p[:, k])
        for name, value in theirs.items():
            yield f"{one['label']}, {name}", one[name], value
    if several:
        for k, one in enumerate(report["confusion"]["labels"]):
            table = metrics.confusion_matrix(columns[:, k], decided[:, k], labels=[0, 1])
            ours = [[one["rejected"], one["false_alarm"]], [one["missed"], one["hit"]]]
            yield f"{one['label']}, confusion", ours, table
    else:
        yield "confusion", report["confusion"]["matrix"], metrics.confusion_matrix(gold, decided, labels=every)


if __name__ == "__main__":
    main()
