"""Requests for outputs of a text generator: settings of the search, and rules for its outputs."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from syntagma.decoding.config import BeamConfig, SamplingConfig
from syntagma.errors import BundleError, ConfigError
from syntagma.progress import note
from syntagma.tasks.generation.constraints import LEAST_BEAMS, Constraints
from syntagma.tasks.generation.recipe import MOST_BEAMS, SearchConfig
from syntagma.text.forbidden_terms import ForbiddenTerms

LONGEST_MINIMUM = 1000


class SearchSettings(NamedTuple):
    """Settings of a search.

    Attributes:
        beams: Number of hypotheses per text.
        length_penalty: Exponent of the length penalty.
        coverage_penalty: Weight of the coverage penalty.
    """

    beams: int = 1
    length_penalty: float = 0.0
    coverage_penalty: float = 0.0

    @classmethod
    def first(cls, config: SearchConfig) -> Self:
        """Return the settings to use if nothing is chosen on dev: the first ones of a recipe."""
        return cls(config.beams[0], config.length_penalty[0], config.coverage_penalty[0])

    def change(
        self, beams: int | None, length_penalty: float | None, coverage_penalty: float | None, alternatives: int
    ) -> Self:
        """Return the settings with other values. `None` leaves a value unchanged.

        Args:
            beams: Number of hypotheses per text. By default, it is raised to `alternatives` if necessary.
            length_penalty: Exponent of the length penalty.
            coverage_penalty: Weight of the coverage penalty.
            alternatives: Number of outputs per text, which needs at least as many beams.

        Raises:
            ConfigError: If a value is out of range.
        """
        beams = max(self.beams, alternatives) if beams is None else beams
        for name, value, least in (("beams", beams, alternatives), ("alternatives", alternatives, 1)):
            check_number(name, value, least, MOST_BEAMS)
        length_penalty = self.length_penalty if length_penalty is None else length_penalty
        coverage_penalty = self.coverage_penalty if coverage_penalty is None else coverage_penalty
        return self._replace(beams=beams, length_penalty=length_penalty, coverage_penalty=coverage_penalty)

    def beam_config(self, blocked_ngram: int) -> BeamConfig:
        """Return the settings as a config for `BeamSearch`."""
        return BeamConfig.parse({**self._asdict(), "blocked_ngram": blocked_ngram}, "the search")

    def for_constraints(self) -> Self:
        """Return the settings with 4 beams instead of 1, which a note reports. Forced strings need several beams."""
        if self.beams > 1:
            return self
        note(f"The search uses {LEAST_BEAMS} beams instead of 1, because outputs have to contain certain strings.")
        return self._replace(beams=LEAST_BEAMS)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values that can be written as JSON."""
        return self._asdict()

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore the result of `to_dict`.

        Raises:
            BundleError: If a key is missing or unexpected, or a value is out of range.
        """
        if not isinstance(values, Mapping) or set(values) != set(cls._fields):
            raise BundleError(f"search must have the keys {', '.join(cls._fields)}; the file was modified.")
        beams, *penalties = (values[name] for name in cls._fields)
        valid = type(beams) is int and 1 <= beams <= MOST_BEAMS
        if not valid or not all(type(one) in (int, float) and 0 <= one <= 10 for one in penalties):
            raise BundleError("search has a value out of range; the file was modified.")
        return cls(beams, *map(float, penalties))


class Request(NamedTuple):
    """A request for outputs.

    Attributes:
        settings: Settings of the search. The penalties also apply to the scores of samples.
        outputs: Number of outputs per source.
        constraints: Strings that outputs have to contain.
        min_length: Minimum length of an output in subwords, except for an empty source.
        sampling: Settings of sampling, or `None` for beam search.
        forbidden: Words and phrases that no output may contain.
    """

    settings: SearchSettings = SearchSettings()
    outputs: int = 1
    constraints: Constraints = Constraints()
    min_length: int = 0
    sampling: SamplingConfig | None = None
    forbidden: ForbiddenTerms = ForbiddenTerms(())

    def for_constraints(self) -> Self:
        """Return the request with enough beams for strings that outputs have to contain."""
        return self._replace(settings=self.settings.for_constraints()) if self.constraints else self


class PredictionOptions(NamedTuple):
    """Options of a prediction as the user gives them; see `TextGenerator.annotate`."""

    alternatives: int = 1
    beams: int | None = None
    length_penalty: float | None = None
    coverage_penalty: float | None = None
    min_length: int = 0
    keep: Iterable[str] | None = None
    glossary: Mapping[str, str] | None = None
    sampling: SamplingConfig | Mapping[str, Any] | None = None
    forbid: Iterable[str] = ()

    def request(self, search: SearchSettings, keep: Iterable[str]) -> Request:
        """Return the request of these options.

        Args:
            search: Settings of the search if nothing else is given.
            keep: Classes of strings to keep if nothing else is given.

        Raises:
            ConfigError: If a value is out of range, or options exclude each other.
        """
        settings = search.change(self.beams, self.length_penalty, self.coverage_penalty, self.alternatives)
        check_number("min_length", self.min_length, 0, LONGEST_MINIMUM)
        constraints = Constraints.make(keep if self.keep is None else self.keep, self.glossary)
        sampling = self.sampling
        if isinstance(sampling, Mapping):
            sampling = SamplingConfig.parse(sampling, "sampling")
        if sampling is not None:
            check_sampling(self.beams, constraints)
        forbidden = ForbiddenTerms(self.forbid)
        check_glossary(self.glossary or {}, forbidden)
        return Request(settings, self.alternatives, constraints, self.min_length, sampling, forbidden)


def check_sampling(beams: int | None, constraints: Constraints) -> None:
    """Raise `ConfigError` if options for beam search are given together with sampling."""
    if beams is not None:
        raise ConfigError("`beams` is for beam search; leave it out to draw samples.")
    if constraints.glossary is not None:
        raise ConfigError("a glossary is for beam search, because samples cannot be forced to contain a string.")
    if constraints.keep:
        raise ConfigError(
            f"strings are kept in beam search only ({', '.join(constraints.keep)}), because samples cannot be forced "
            "to contain a string. Set `keep` to nothing to draw samples."
        )


def check_glossary(glossary: Mapping[str, str], forbidden: ForbiddenTerms) -> None:
    """Raise `ConfigError` if a translation contains a forbidden term."""
    for term, translation in glossary.items():
        if forbidden.occur_in(translation):
            raise ConfigError(
                f"the translation {translation!r} of {term!r} contains a forbidden term; remove it from the glossary "
                "or allow the term."
            )


def check_number(name: str, value: object, least: int, most: int) -> None:
    """Raise `ConfigError` if a value is not a whole number in a range."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"`{name}` must be a whole number from {least} to {most}; got {value!r}.")
