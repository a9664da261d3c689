"""Settings for prediction with a text generator."""

from typing import Any

from pydantic import Field, field_validator

from syntagma.config import Config
from syntagma.data.pairs.forbidden import read_terms
from syntagma.data.pairs.glossary import read_glossary
from syntagma.decoding.config import SamplingConfig
from syntagma.errors import ConfigError
from syntagma.tasks.generation.constraints import Constraints
from syntagma.tasks.generation.recipe import MOST_BEAMS, KeptClass, Penalty
from syntagma.tasks.generation.requests import LONGEST_MINIMUM, check_glossary, check_sampling
from syntagma.text.forbidden_terms import ForbiddenTerms
from syntagma.text.kept_strings import check_classes

# Settings for sampling, with their names in `SamplingConfig`.
_SAMPLING = {"temperature": "temperature", "sample_top_k": "top_k", "top_p": "top_p", "seed": "seed"}


class GenerationPredictionConfig(Config):
    """Settings for prediction with a text generator.

    Attributes:
        beams: Number of hypotheses per source (beam width). null uses the number that was chosen in training.
        length_penalty: Exponent of the length penalty. null uses the value that was chosen in training.
        coverage_penalty: Weight of the coverage penalty. null uses the value that was chosen in training.
        top_k: Number of outputs with distinct texts per source, at most the number of beams.
        sample: Number of random outputs per source to draw instead of a beam search. null does not sample.
        temperature: Temperature of sampling. Below 1, outputs differ less. null is 1.
        sample_top_k: Number of the most probable subwords from which each subword is drawn. null draws from all.
        top_p: Share of the probability of the most probable subwords from which each subword is drawn (nucleus
            sampling). null is 1.
        seed: Seed of sampling. null is 0.
        min_length: Minimum length of an output in subwords.
        keep: Classes of strings that the output has to contain as they are in the source: placeholders, numbers, urls,
            emails, code and markup. In a string, commas separate the classes. null uses the classes of the recipe.
        glossary: Path of a file with a term and its translation per line, or a dictionary of terms. If a source
            contains a term, the output has to contain its translation.
        forbid: Words and phrases that no output contains. Those without capital letters are forbidden in any case.
        forbid_file: Path of a file with more of them, one per line.
    """

    beams: int | None = Field(None, ge=1, le=MOST_BEAMS)
    length_penalty: Penalty | None = None
    coverage_penalty: Penalty | None = None
    top_k: int = Field(1, ge=1, le=MOST_BEAMS)
    sample: int | None = Field(None, ge=1, le=MOST_BEAMS)
    temperature: float | None = Field(None, ge=0.001, le=100)
    sample_top_k: int | None = Field(None, ge=1)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = Field(None, ge=0, lt=2**32)
    min_length: int = Field(0, ge=0, le=LONGEST_MINIMUM)
    keep: tuple[KeptClass, ...] | None = None
    glossary: dict[str, str] | str | None = None
    forbid: tuple[str, ...] = ()
    forbid_file: str | None = None

    @field_validator("forbid", mode="before")
    @classmethod
    def _make_tuple(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("keep", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        classes = [part.strip() for part in value.split(",") if part.strip()]
        try:
            return check_classes(classes)
        except ConfigError as error:  # its message suggests the nearest class
            raise ValueError(str(error).rstrip(".")) from error


def check_settings(model: Any, config: GenerationPredictionConfig) -> GenerationPredictionConfig:
    """Check requested settings, read the glossary, and choose the number of beams.

    If strings have to be kept, at least 4 beams are used instead of 1.

    Args:
        model: Fitted generator.
        config: Requested settings.

    Raises:
        ConfigError: If more outputs than beams are requested, a term is invalid, or settings exclude each other.
        DataError: If the glossary cannot be read.
    """
    glossary = config.glossary
    if isinstance(glossary, str):
        glossary = read_glossary(glossary)
    constraints = Constraints.make(model.recipe_.search.keep if config.keep is None else config.keep, glossary)
    forbidden = (*config.forbid, *(() if config.forbid_file is None else read_terms(config.forbid_file)))
    check_glossary(glossary or {}, ForbiddenTerms(forbidden))
    config = config.model_copy(update={"glossary": glossary, "forbid": forbidden})
    if _is_sampling(config):
        check_sampling(config.beams, constraints)
        return config
    settings = model.search_
    if config.beams is not None or config.top_k > settings.beams:
        settings = settings._replace(beams=config.beams or config.top_k)
    if constraints:
        settings = settings.for_constraints()
    if config.top_k > settings.beams:
        raise ConfigError(
            f"--alternatives must be at most the number of beams, {settings.beams}; got {config.top_k}. Use more beams."
        )
    return config.model_copy(update={"beams": settings.beams})


def _is_sampling(config: GenerationPredictionConfig) -> bool:
    """Return whether samples are requested, or raise `ConfigError` if the settings exclude each other."""
    given = [name for name in _SAMPLING if getattr(config, name) is not None]
    if config.sample is None:
        if given:
            names = " and ".join(f"--{name.replace('_', '-')}" for name in given)
            raise ConfigError(f"{names} is for sampling; add --sample N to draw N outputs per text, or leave it out.")
        return False
    if config.top_k > 1:
        raise ConfigError(
            "--alternatives is for beam search, and --sample sets the number of samples; leave one of them out."
        )
    return True


def annotation_options(config: GenerationPredictionConfig) -> dict[str, Any]:
    """Return settings that `check_settings` has returned as arguments of `TextGenerator.annotate`."""
    options = config.model_dump(exclude={"top_k", "sample", "forbid_file", *_SAMPLING})
    options["alternatives"] = config.sample or config.top_k
    if config.sample is not None:
        given = {name: getattr(config, setting) for setting, name in _SAMPLING.items()}
        values = {name: value for name, value in given.items() if value is not None}
        options["sampling"] = SamplingConfig(**values)
    return options
