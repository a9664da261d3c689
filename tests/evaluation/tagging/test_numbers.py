"""The report of a tagger: its numbers agree with scikit-learn and with counting by hand, and its pages are valid."""

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from hypothesis import strategies as st

from syntagma.errors import DataError
from syntagma.evaluation.tagging.confidence import suggest_thresholds
from syntagma.evaluation.tagging.figures import MOST_KINDS, compare_tags, kind_scores
from syntagma.evaluation.tagging.mistakes import match_split, tag_mistakes
from syntagma.evaluation.tagging.numbers import make_tag_details, make_tag_report, write_tag_report
from syntagma.evaluation.tagging.page import tag_html_page, tag_markdown_page
from syntagma.evaluation.tagging.predictions import RawCounts, ScoredSpan, TaggedSplit, TagReportInput
from syntagma.evaluation.tagging.scores import collect_span_texts, find_seen_spans, tagging_scores
from syntagma.evaluation.tagging.span_errors import Match, count_errors, match_spans
from syntagma.metrics.overlap_scores import count_overlaps, count_partial
from syntagma.metrics.significance import bootstrap, bootstrap_sums, paired_bootstrap_sums
from syntagma.tasks.details import Details
from syntagma.text.spans import Span, spans_to_tags, tags_to_spans

KINDS = ("name", "place")
TAGS = ("ADJ", "NOUN", "VERB")
WORDS = ["Oslo", "Anna", "the", "sea", "went", "to", "a<b>", "مرحبا", "😀"]


def some_tags(random, length, spans):
    if not spans:
        return random.choice(TAGS, length).tolist()
    found, place = [], 0
    while place < length:
        size = int(random.integers(1, 4))
        if random.random() < 0.4 and place + size <= length:
            found.append(Span(place, place + size, str(random.choice(KINDS))))
        place += size
    return spans_to_tags(found, length, "BIO")


def some_split(seed, rows=80, spans=True, noise=0.3):
    random = np.random.default_rng(seed)
    words = [random.choice(WORDS, random.integers(0, 14)).tolist() for _ in range(rows)]
    gold = [some_tags(random, len(row), spans) for row in words]
    sides = [
        [some_tags(random, len(row), spans) if random.random() < noise * step else row for row in gold]
        for step in (1, 2)
    ]
    found = sides[0]
    return TaggedSplit(
        words=words,
        gold=gold,
        predicted=found,
        known=[[word != "sea" for word in row] for row in words],
        probabilities=[random.random(len(row)).tolist() for row in words],
        spans=[
            [ScoredSpan(*span, float(random.random())) for span in tags_to_spans(row)] if spans else [] for row in found
        ],
        log_losses=random.random(rows).tolist(),
        seen=find_seen_spans(words, gold, found, frozenset({"oslo"})) if spans else None,
        baselines={"worse": sides[1]},
    )


def some_input(spans=True, **changes):
    values = {
        "title": "A tagger",
        "corpus": "made-up",
        "kinds": KINDS if spans else (),
        "tags": ("O", "B-name", "I-name", "B-place", "I-place") if spans else TAGS,
        "splits": {"dev": some_split(1, spans=spans), "test": some_split(2, 120, spans)},
        "history": [{"epoch": 1, "loss": 0.5, "dev": {"span_f1": 0.4, "accuracy": 0.9, "loss": 0.3}}],
        "warnings": ["3 sentences occur in train and in test"],
        "seconds": {"train": 61.0},
        "recipe": "name: small\n",
        "environment": {"versions": {"keras": "3.15.1"}, "seed": 0},
        "command": "syntagma train tag",
    }
    return TagReportInput(**(values | changes))


def flat(rows):
    return [tag for row in rows for tag in row]


@pytest.mark.parametrize("spans", [True, False])
def test_scores_equal_scikit_learn_and_have_intervals(spans):
    inputs = some_input(spans)
    report = make_tag_report(inputs)
    for name, split in inputs.splits.items():
        scores = report["splits"][name]
        assert scores["accuracy"]["value"] == pytest.approx(
            oracle.accuracy_score(flat(split.gold), flat(split.predicted))
        )
        unknown = [
            gold == found
            for gold, found, word in zip(flat(split.gold), flat(split.predicted), flat(split.words), strict=True)
            if word == "sea"
        ]
        assert scores["unknown_accuracy"]["value"] == pytest.approx(np.mean(unknown))
        assert scores["log_loss"] == pytest.approx(sum(split.log_losses) / len(flat(split.words)))
        plain = tagging_scores(split.gold, split.predicted, split.known, inputs.kinds)
        for figure in ("accuracy", *(("span_f1", "span_precision", "span_recall") if spans else ())):
            assert scores[figure]["value"] == pytest.approx(plain[figure])
            assert scores[figure]["low"] < scores[figure]["value"] < scores[figure]["high"]
    assert report["reported"] == "test"
    assert report["figure"] == ("span_f1" if spans else "accuracy")
    lead = report["baselines"][0]["test"]["difference"]["value"]
    other = report["baselines"][0]["splits"]["test"][report["figure"]]["value"]
    assert lead == pytest.approx(report["splits"]["test"][report["figure"]]["value"] - other)
    assert report["verdict"]["outcome"] == "better"
    assert "worse" in report["verdict"]["sentence"]


def test_the_confusion_matrix_of_plain_tags_equals_scikit_learn():
    inputs = some_input(spans=False)
    split, found = inputs.splits["test"], make_tag_report(inputs)["confusion"]
    matrix = oracle.confusion_matrix(flat(split.gold), flat(split.predicted), labels=found["labels"])
    assert found["matrix"] == matrix.tolist()
    first = found["pairs"][0]
    off = matrix - np.diag(np.diag(matrix))
    assert first["count"] == off.max()
    assert first["share"] == pytest.approx(off.max() / matrix[found["labels"].index(first["gold"])].sum())


@pytest.mark.parametrize("spans", [True, False])
def test_each_span_label_is_reported_with_its_baseline_and_intervals(spans, tmp_path):
    inputs = some_input(spans)
    split, report = inputs.splits["test"], write_tag_report(tmp_path, inputs)
    models = {"": split.predicted, **split.baselines}
    scores = {title: tagging_scores(split.gold, tags, split.known, inputs.kinds) for title, tags in models.items()}
    names = ("per_kind", "spans") if spans else ("per_tag", "words")
    assert [row["kind"] for row in report["per_kind"]] == list(KINDS if spans else TAGS)
    for row in report["per_kind"]:
        own = scores[""][names[0]][row["kind"]]
        assert (row["precision"], row["recall"], row["count"]) == (own["precision"], own["recall"], own[names[1]])
        for title, f1 in {"": row["f1"], **row["baselines"]}.items():
            assert f1["value"] == pytest.approx(scores[title][names[0]][row["kind"]]["f1"])
            assert f1["low"] < f1["value"] < f1["high"]
        cells = re.search(rf'<bdi>{row["kind"]}</bdi></th><td class="main">.*', (tmp_path / "report.html").read_text())
        for f1 in (row["f1"], *row["baselines"].values()):
            assert f'{f1["value"]:.3f}</td><td class="low">{f1["low"]:.3f} to {f1["high"]:.3f}</td>' in cells[0]


def test_only_the_most_frequent_of_many_span_labels_are_reported():
    tags = [[f"B-k{number}"] for number in range(MOST_KINDS + 5) for _ in range(2 if number < 4 else 1)]
    split = TaggedSplit(
        words=[["a"]] * len(tags),
        gold=tags,
        predicted=tags,
        known=[[True]] * len(tags),
        probabilities=[[0.9]] * len(tags),
        spans=[[]] * len(tags),
        log_losses=[0.1] * len(tags),
    )
    inputs = some_input(splits={"test": split}, kinds=tuple(f"k{number}" for number in range(MOST_KINDS + 5)))
    shown = [row["kind"] for row in kind_scores(inputs, split)]
    assert len(shown) == MOST_KINDS
    assert {"k0", "k1", "k2", "k3"} <= set(shown)


def test_partial_matches_are_scored_with_intervals():
    inputs = some_input()
    split, scores = inputs.splits["test"], make_tag_report(inputs)["splits"]["test"]
    sides = [[tags_to_spans(row) for row in side] for side in (split.gold, split.predicted)]
    for name, count in (("overlap", count_overlaps), ("partial", count_partial)):
        credit, found, gold = count(*sides).sum(axis=0)
        assert scores[f"{name}_precision"] == pytest.approx(credit / found)
        assert scores[f"{name}_recall"] == pytest.approx(credit / gold)
        f1 = scores[f"{name}_f1"]
        assert scores["span_f1"]["value"] < f1["value"] == pytest.approx(2 * credit / (found + gold))
        assert f1["low"] < f1["value"] < f1["high"]
    assert "partial_f1" not in make_tag_report(some_input(spans=False))["splits"]["test"]


def test_error_types_of_spans_match_a_hand_made_example():
    gold = [Span(0, 2, "name"), Span(3, 4, "place"), Span(5, 7, "name"), Span(8, 9, "name"), Span(10, 12, "name")]
    found = [Span(0, 2, "name"), Span(3, 4, "name"), Span(6, 7, "name"), Span(10, 11, "place"), Span(13, 14, "place")]
    matches = match_spans(gold, found)
    assert [match.error for match in matches] == ["right", "kind", "borders", "missed", "both", "extra"]
    assert count_errors(matches) == {"right": 1, "kind": 1, "borders": 1, "both": 1, "missed": 1, "extra": 1}


def test_a_span_is_paired_once_and_with_the_largest_overlap():
    assert match_spans([Span(0, 5, "a")], [Span(0, 2, "b"), Span(2, 5, "c")]) == [
        Match(None, Span(0, 2, "b")),
        Match(Span(0, 5, "a"), Span(2, 5, "c")),
    ]
    # An identical span takes precedence over another with the same overlap.
    assert Match(Span(1, 3, "a"), Span(1, 3, "a")) in match_spans([Span(0, 9, "a"), Span(1, 3, "a")], [Span(1, 3, "a")])


@given(st.integers(0, 10_000))
def test_every_span_is_counted_once(seed):
    split = some_split(seed, rows=3, noise=0.9)
    for gold, found in zip(split.gold, split.predicted, strict=True):
        matches = match_spans(tags_to_spans(gold), tags_to_spans(found))
        counts = count_errors(matches)
        assert sum(counts.values()) - counts["extra"] == len(tags_to_spans(gold))
        assert sum(counts.values()) - counts["missed"] == len(tags_to_spans(found))
        assert counts["right"] == len({*tags_to_spans(gold)} & {*tags_to_spans(found)})


def test_the_confusion_matrix_of_span_labels_sums_to_the_spans():
    inputs = some_input()
    split, report = inputs.splits["test"], make_tag_report(inputs)
    matrix = np.array(report["confusion"]["matrix"])
    assert report["confusion"]["labels"] == [*KINDS, "nothing"]
    for number, kind in enumerate(KINDS):
        assert matrix[number].sum() == sum(span.kind == kind for row in split.gold for span in tags_to_spans(row))
        assert matrix[:, number].sum() == sum(
            span.kind == kind for row in split.predicted for span in tags_to_spans(row)
        )


def test_thresholds_keep_the_more_probable_spans():
    inputs = some_input()
    found = make_tag_report(inputs)["thresholds"]
    for point in found["points"]:
        for name, split in inputs.splits.items():
            tags = [
                spans_to_tags(
                    [Span(*span[:3]) for span in row if span.probability >= point["threshold"]], len(words), "BIO"
                )
                for row, words in zip(split.spans, split.words, strict=True)
            ]
            scores = tagging_scores(split.gold, tags, split.known, KINDS)
            for figure in ("precision", "recall", "f1"):
                assert point["splits"][name][figure] == pytest.approx(scores[f"span_{figure}"])
    best = max(point["splits"]["dev"]["f1"] for point in found["points"])
    chosen = next(point for point in found["points"] if point["threshold"] == found["threshold"])
    assert chosen["splits"]["dev"]["f1"] == best
    assert make_tag_report(some_input(spans=False))["thresholds"] is None


def test_each_span_label_has_the_threshold_with_its_best_f1_on_dev():
    splits = some_input().splits
    found = suggest_thresholds(splits)
    tried = np.round(np.arange(0, 1, 0.05), 2)

    def scores(split, least):
        kept = split.apply_threshold(least)
        return tagging_scores(kept.gold, kept.predicted, kept.known, KINDS)

    best = [scores(splits["dev"], least)["span_f1"] for least in tried]
    assert found["threshold"] == tried[int(np.argmax(best))]
    for name, split in splits.items():
        before, after = scores(split, 0), scores(split, found["threshold"])
        assert found["splits"][name] == {
            "before": pytest.approx(before["span_f1"]),
            "after": pytest.approx(after["span_f1"]),
        }
        for row in found["labels"]:
            f1 = [scores(split, least)["per_kind"][row["label"]]["f1"] for least in (0, row["threshold"])]
            assert list(row["splits"][name].values()) == pytest.approx(f1)
    for row in found["labels"]:
        f1 = [scores(splits["dev"], least)["per_kind"][row["label"]]["f1"] for least in tried]
        assert row["threshold"] == tried[int(np.argmax(f1))]
    assert suggest_thresholds({"test": splits["test"]}) is None
    assert suggest_thresholds({"dev": some_split(1, rows=2)}) is None


def test_the_choice_of_thresholds_does_not_depend_on_test_sentences():
    splits = some_input().splits
    one, other = suggest_thresholds(splits), suggest_thresholds({**splits, "test": some_split(99)})
    for found in (one, other):
        del found["one_by_one"]["test"]
        for row in (found, *found["labels"]):
            del row["splits"]["test"]
    assert one == other


def test_words_of_removed_spans_are_tagged_outside():
    split = TaggedSplit(
        words=[["In", "New", "York", "Anna", "left"]],
        gold=[["O", "B-place", "I-place", "B-name", "O"]],
        predicted=[["O", "B-place", "I-place", "B-name", "O"]],
        known=[[True] * 5],
        probabilities=[[0.9, 0.6, 0.7, 0.8, 0.9]],
        spans=[[ScoredSpan(1, 3, "place", 0.4), ScoredSpan(3, 4, "name", 0.75)]],
        log_losses=[1.0],
        kinds=KINDS,
        raw=[RawCounts(1, 1, 2)],
    )
    left = split.apply_threshold(0.5)
    assert left.predicted == [["O", "O", "O", "B-name", "O"]]
    assert left.spans == [[ScoredSpan(3, 4, "name", 0.75)]]
    assert left.probabilities[0] == pytest.approx([0.9, 0.4, 0.3, 0.8, 0.9])
    assert left.raw is None
    assert split.apply_threshold(0.0).predicted == split.predicted == split.gold  # the split itself is not modified


@pytest.mark.parametrize("spans", [True, False])
def test_details_of_a_tagger_equal_its_report(spans):
    inputs = some_input(spans)
    details, report = make_tag_details(inputs), make_tag_report(inputs)
    assert details["confusion"] == report["confusion"]
    text = Details(details).to_text()
    lines = [line.split() for line in text.splitlines()]
    for name, row in zip(report["confusion"]["labels"], report["confusion"]["matrix"], strict=True):
        assert [name, *map(str, row)] in lines
    if not spans:
        assert (details["errors"], details["thresholds"]) == (None, None)
        return
    assert {error["error"]: error["count"] for error in details["errors"]} == report["errors"]
    assert f"{report['errors']['missed']:>8,}  Missed: gold span without a predicted span" in text
    assert details["thresholds"]["threshold"] == report["thresholds"]["threshold"]
    assert len(Details(make_tag_details(some_input(splits={}))).to_text()) == 0


@pytest.mark.parametrize("spans", [True, False])
def test_slices_cover_each_span_or_word_once(spans):
    inputs = some_input(spans)
    split, report = inputs.splits["test"], make_tag_report(inputs)
    total = sum(len(tags_to_spans(row)) if spans else len(row) for row in split.gold)
    assert len(report["slices"]) == (3 if spans else 2)
    for by in report["slices"]:
        assert sum(part["rows"] for part in by["parts"]) == total
        right = sum(part["rows"] * part["value"] for part in by["parts"] if part["rows"])
        share = report["splits"]["test"]["span_recall" if spans else "accuracy"]["value"]
        assert right / total == pytest.approx(share)
    seen = {part["name"]: part["rows"] for part in report["slices"][1]["parts"]}
    if spans:
        gold = [(row, span) for row, tags in enumerate(split.gold) for span in tags_to_spans(tags)]
        words = [" ".join(split.words[row][span.start : span.end]).lower() for row, span in gold]
        assert seen["seen"] == words.count("oslo")


def test_calibration_counts_spans_or_words():
    inputs = some_input()
    split = inputs.splits["test"]
    bins = make_tag_report(inputs)["calibration"]["splits"]["test"]["after"]["reliability"]
    assert sum(part["count"] for part in bins) == sum(map(len, split.spans))
    inputs = some_input(spans=False)
    bins = make_tag_report(inputs)["calibration"]["splits"]["test"]["after"]["reliability"]
    assert sum(part["count"] for part in bins) == len(flat(inputs.splits["test"].words))


def test_mistakes_are_shown_in_context():
    split = TaggedSplit(
        words=[["In", "New", "York", "now", "."], ["Anna", "left"]],
        gold=[["O", "B-place", "I-place", "O", "O"], ["B-name", "O"]],
        predicted=[["O", "O", "B-place", "I-place", "O"], ["O", "O"]],
        known=[[True] * 5, [True] * 2],
        probabilities=[[0.9, 0.5, 0.6, 0.7, 0.9], [0.95, 0.8]],
        spans=[[ScoredSpan(2, 4, "place", 0.45)], []],
        log_losses=[1.0, 1.0],
    )
    inputs = some_input(splits={"test": split})
    missed, borders = tag_mistakes(split, match_split(inputs, split))
    assert (missed["error"], missed["gold"], missed["found"], missed["probability"]) == ("missed", "name", None, 0.95)
    assert (borders["error"], borders["probability"]) == ("borders", 0.45)
    assert [(piece["text"], piece["gold"], piece["found"]) for piece in borders["pieces"]] == [
        ("In", False, False),
        ("New", True, False),
        ("York", True, True),
        ("now", False, True),
        (".", False, False),
    ]
    page = tag_html_page(make_tag_report(inputs))
    assert '<span class="is">New</span> <mark class="was is">York</mark> <mark class="was">now</mark>' in page


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("case", ["spans", "tags", "no words", "hostile", "alone"])
def test_the_pages_are_well_formed_and_self_contained(case, tmp_path):
    changes = {"no words": {"splits": {}}, "alone": {"splits": {"test": some_split(3)}}}.get(case, {})
    if case == "hostile":
        changes = {"title": "<script>x</script>", "warnings": ["| `a` <i>"], "kinds": (*KINDS, "<b>|x")}
    report = write_tag_report(tmp_path, some_input(case != "tags", **changes))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    elements = Elements(page)
    assert not elements.open
    assert "script" not in {tag for tag, _ in elements.seen}
    targets = [attributes["href"] for tag, attributes in elements.seen if tag == "a"]
    ids = {attributes.get("id") for _, attributes in elements.seen}
    assert targets
    assert {target[1:] for target in targets} <= ids
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "<i>" not in markdown
    assert "Dev span F1" in page
    assert ("| worse |" in markdown) == (case != "no words")
    assert tag_markdown_page(report) == markdown


def test_attributes_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="predicted tags for each of its 2 words"):
        TaggedSplit([["a", "b"]], [["O", "O"]], [["O"]], [[True, True]], [[1.0, 1.0]], [[]], [0.0])
    with pytest.raises(DataError, match="spans for each of 1 texts; got 0"):
        TaggedSplit([["a"]], [["O"]], [["O"]], [[True]], [[1.0]], [], [0.0])


def test_seen_spans_match_training_spans_of_any_label_and_case():
    seen = collect_span_texts([["In", "New", "York"]], [["O", "B-place", "I-place"]])
    assert seen == {"new york"}
    assert find_seen_spans([["NEW", "york", "x"]], [["B-name", "I-name", "O"]], [["B-name", "O", "O"]], seen) == [
        [(0, 2)]
    ]


def test_a_bootstrap_of_sums_agrees_with_a_bootstrap_of_rows():
    """With one word per text, token accuracy and row accuracy have the same bootstrap distribution."""
    random = np.random.default_rng(0)
    gold, found = random.integers(0, 3, 400), random.integers(0, 3, 400)
    right = (gold == found).astype(int)
    sums = bootstrap_sums(np.stack([right, np.ones(400, int)], 1), lambda s: s[:, 0] / s[:, 1], samples=4000)
    rows = bootstrap(gold, found, 3, samples=4000)
    assert sums.value == rows.value
    assert (sums.low, sums.high) == pytest.approx((rows.low, rows.high), abs=0.006)


def test_a_paired_bootstrap_distinguishes_better_from_equal_models():
    random = np.random.default_rng(1)
    words = random.integers(5, 20, 300)
    first = np.stack([random.binomial(words, 0.8), words], 1)
    second = np.stack([random.binomial(words, 0.7), words], 1)

    def share(sums):
        return sums[:, 0] / sums[:, 1]

    gap, p_value = paired_bootstrap_sums(first, second, share)
    assert gap.value == pytest.approx(share(first.sum(0)[None])[0] - share(second.sum(0)[None])[0])
    assert p_value < 0.002
    assert gap.low > 0
    same, p_value = paired_bootstrap_sums(first, first, share)
    assert (same.value, same.low, same.high, p_value) == (0, 0, 0, 1.0)


def test_comparison_uses_span_f1_or_token_accuracy():
    gold = [["B-a", "I-a", "O"], ["O", "B-b", "O"]]
    other = [["B-a", "O", "O"], ["O", "B-b", "O"]]
    assert compare_tags(gold, gold, other, spans=True)["difference"]["value"] == pytest.approx(0.5)
    assert compare_tags(gold, gold, other, spans=False)["difference"]["value"] == pytest.approx(1 / 6)


def test_a_span_label_that_the_model_cannot_predict_is_in_the_report(tmp_path):
    split = some_split(3)
    gold = [
        ["B-other" if tag == "B-name" and row % 7 == 0 else tag for tag in tags] for row, tags in enumerate(split.gold)
    ]
    strange = replace(split, gold=gold, log_losses=[None, *split.log_losses[1:]])
    report = write_tag_report(tmp_path, some_input(splits={"test": strange}))
    assert "other" in (tmp_path / "report.html").read_text()
    assert report["splits"]["test"]["log_loss"] > 0


def test_words_of_mistakes_are_separated_in_markdown(tmp_path):
    write_tag_report(tmp_path, some_input())
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    mistakes = [line.split("): ", 1)[1] for line in lines if re.match(r"\d+\. gold ", line)]
    assert any("**" in line for line in mistakes)
    known = {word for row in some_split(2, 120).words for word in row}
    for line in mistakes:
        assert set(unescape(line.replace("**", "").replace("\\", "")).split()) <= known
