"""Named corpora of numeric series, read from the aeon wheel.

Published splits are kept unchanged, so scores are comparable with the literature. The `notes` of a corpus list known
problems of the data, and the accuracies that the wheel reports for the published split. These accuracies come from
column 0 of the wheel's files `aeon/testing/example_results_files/classification/accuracy/*.csv`.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from syntagma.data.corpora.cache import read_splits, write_splits
from syntagma.data.corpora.named import PackedCorpus, Tables
from syntagma.data.corpora.wheels import Wheel, read_members
from syntagma.data.formats.npz import write_npz
from syntagma.data.series.reading import read_series_corpus, read_series_table
from syntagma.data.series.table import SeriesTable
from syntagma.progress import quietly

FOLDER = "aeon/datasets/data"

_SUFFIX = ".npz"
_LIMIT_BYTES = 1 << 24

_AEON = Wheel(
    package="aeon",
    version="1.6.0",
    file_name="aeon-1.6.0-py3-none-any.whl",
    sha256="d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
    size_bytes=6_421_000,
)
_UCR = "H. A. Dau et al., The UCR Time Series Archive, 2019; https://www.timeseriesclassification.com"
_UEA = "A. Bagnall et al., The UEA Multivariate Time Series Classification Archive, 2018"
_LICENCE = "data: not stated in the wheel; wheel BSD-3-Clause"
_NORMALISED = "Each series has mean 0 and standard deviation 1."


def read_wheel(name: str, path: Path) -> dict[str, SeriesTable]:
    """Read the published splits of one data set from the wheel.

    Args:
        name: Name of the data set, such as "GunPoint".
        path: Path of the wheel.

    Raises:
        DataError: If a file in the wheel violates its format.
        DownloadError: If the wheel is damaged or lacks a file.
    """
    members = {split: f"{FOLDER}/{name}/{name}_{split.upper()}.ts" for split in ("train", "test")}
    contents = read_members(path, list(members.values()), _LIMIT_BYTES)
    tables = {}
    with TemporaryDirectory(prefix="syntagma-") as folder:
        for (split, member), content in zip(members.items(), contents, strict=True):
            file = Path(folder) / f"{split}.ts"
            file.write_bytes(content)
            tables[split] = replace(read_series_table(file), source=f"{path.name}: {member}")
    return tables


def write_tables(folder: Path, tables: Mapping[str, Any]) -> None:
    """Write a file `{split}.npz` per split.

    Raises:
        DownloadError: If the folder cannot be written.
    """
    write_splits(folder, tables, _SUFFIX, _write_table)


def read_tables(folder: Path) -> Tables:
    """Read all `{split}.npz` files of a folder into a table per split.

    Raises:
        DataError: If a file is damaged.
    """
    with quietly():
        return read_splits(folder, _SUFFIX, read_series_table)


def _write_table(path: Path, table: SeriesTable) -> None:
    write_npz(path, table.series, table.labels, table.channels, table.columns)


def _read_folder(folder: Path) -> Tables:
    return read_series_corpus(folder).splits


def _corpus(name: str, data_set: str, **facts: Any) -> PackedCorpus:
    return PackedCorpus(
        name=name,
        task="series",
        split="the published one",
        source=_AEON,
        read_source=partial(read_wheel, data_set),
        read_folder=_read_folder,
        write_cache=write_tables,
        read_cache=read_tables,
        **facts,
    )


def _accuracies(inception_time: float, hc2: float, weasel: float) -> str:
    """Format the reported test accuracies of three classifiers as a sentence for the `notes` of a corpus.

    Args:
        inception_time: Accuracy of InceptionTime, from 0 to 1.
        hc2: Accuracy of HIVE-COTE 2, from 0 to 1.
        weasel: Accuracy of WEASEL 2.0, from 0 to 1.
    """
    return f"Reported accuracy: InceptionTime {inception_time:.4f}, HIVE-COTE 2 {hc2:.4f}, WEASEL 2.0 {weasel:.4f}."


SERIES_CORPORA: tuple[PackedCorpus, ...] = (
    _corpus(
        "japanese-vowels",
        "JapaneseVowels",
        description="two vowels spoken by nine men, 12 linear prediction coefficients, 7 to 29 steps; identify the man",
        rows={"train": 270, "test": 370},
        classes=9,
        licence=_LICENCE,
        citation="M. Kudo et al., Multidimensional Curve Classification Using Passing-Through Regions, Pattern "
        f"Recognition Letters 20, 1999; {_UEA}",
        notes="Rows are ordered by class. Train has 30 series per speaker, test 24 to 88. No series is repeated.",
    ),
    _corpus(
        "basic-motions",
        "BasicMotions",
        description="smart watch: acceleration and rotation, three channels each, 100 steps in ten seconds; identify "
        "one of four activities",
        rows={"train": 40, "test": 40},
        classes=4,
        licence=_LICENCE,
        citation=_UEA,
        notes="From four students only, whom the data does not identify. In 78 of the 80 series, the first two steps "
        "of the first channel are equal. No series is repeated.",
    ),
    _corpus(
        "arrow-head",
        "ArrowHead",
        description="outlines of arrowheads as angles, one channel, 251 steps; identify one of three types",
        rows={"train": 36, "test": 175},
        classes=3,
        licence=_LICENCE,
        citation=f"L. Ye and E. Keogh, Time Series Shapelets, KDD 2009; {_UCR}",
        notes=f"{_NORMALISED} Two test series of the same class are equal. The test rows are ordered by class. "
        f"{_accuracies(0.8629, 0.8686, 0.8629)}",
    ),
    _corpus(
        "gun-point",
        "GunPoint",
        description="motion of a hand that draws a gun or points a finger, one channel, 150 steps",
        rows={"train": 50, "test": 150},
        classes=2,
        licence=_LICENCE,
        citation=_UCR,
        notes=f"{_NORMALISED} From one woman and one man only. No series is repeated. {_accuracies(1.0, 1.0, 1.0)}",
    ),
    _corpus(
        "italy-power-demand",
        "ItalyPowerDemand",
        description="electric power demand of Italy over a day, one channel, 24 steps; winter or summer half-year",
        rows={"train": 67, "test": 1_029},
        classes=2,
        licence=_LICENCE,
        citation=f"E. Keogh et al., Intelligent Icons, ICDM 2006; {_UCR}",
        notes=f"{_NORMALISED} No series is repeated. {_accuracies(0.9660, 0.9699, 0.9534)}",
    ),
    _corpus(
        "osu-leaf",
        "OSULeaf",
        description="outlines of leaves, one channel, 427 steps; identify one of six plants",
        rows={"train": 200, "test": 242},
        classes=6,
        licence=_LICENCE,
        citation=f"A. Grandhi, Content-Based Image Retrieval: Plant Species Identification, 2002; {_UCR}",
        notes=f"{_NORMALISED} Imbalanced: 15 to 53 series per class in train. No series is repeated. "
        f"{_accuracies(0.9215, 0.9669, 0.9752)}",
    ),
    _corpus(
        "acsf1",
        "ACSF1",
        description="electric power of a home appliance, one channel, 1,460 steps; identify one of ten types",
        rows={"train": 100, "test": 100},
        classes=10,
        licence=_LICENCE,
        citation=f"C. Gisler et al., Appliance Consumption Signature Database, WoSSPA 2013; {_UCR}",
        notes=f"{_NORMALISED} Ten series per class in each split. No series is repeated. "
        f"{_accuracies(0.91, 0.91, 0.93)}",
    ),
    _corpus(
        "pickup-gesture-wiimote-z",
        "PickupGestureWiimoteZ",
        description="acceleration of a remote control picked up by one of ten people, one channel, 29 to 361 steps; "
        "identify the person",
        rows={"train": 50, "test": 50},
        classes=10,
        licence=_LICENCE,
        citation=f"J. Guna et al., Intuitive Gesture Based User Identification System, TSP 2012; {_UCR}",
        notes="Not normalised. Five series per person in each split. No series is repeated. The wheel reports no "
        "accuracy for the series of unequal length; WEASEL 2.0 reaches 0.8000 on a version with equal lengths.",
    ),
)
