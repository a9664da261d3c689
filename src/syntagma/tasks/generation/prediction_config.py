"""Settings for prediction with a text generator."""

from typing import Any

from pydantic import Field, field_validator

from syntagma.config import Config
from syntagma.data.pairs.glossary import read_glossary
from syntagma.errors import ConfigError
from syntagma.tasks.generation.constraints import Constraints
from syntagma.tasks.generation.generator import LONGEST_MINIMUM
from syntagma.tasks.generation.recipe import MOST_BEAMS, KeptClass, Penalty


class GenerationPredictionConfig(Config):
    """Settings for prediction with a text generator.

    Attributes:
        beams: Number of hypotheses per source (beam width). null uses the number that was chosen in training.
        length_penalty: Exponent of the length penalty. null uses the value that was chosen in training.
        coverage_penalty: Weight of the coverage penalty. null uses the value that was chosen in training.
        top_k: Number of outputs with distinct texts per source, at most the number of beams.
        min_length: Minimum length of an output in subwords.
        keep: Classes of strings that the output has to contain as they are in the source: placeholders, numbers, urls,
            emails, code and markup. In a string, commas separate the classes. null uses the classes of the recipe.
        glossary: Path of a file with a term and its translation per line, or a dictionary of terms. If a source
            contains a term, the output has to contain its translation. null requires no terms.
    """

    beams: int | None = Field(None, ge=1, le=MOST_BEAMS)
    length_penalty: Penalty | None = None
    coverage_penalty: Penalty | None = None
    top_k: int = Field(1, ge=1, le=MOST_BEAMS)
    min_length: int = Field(0, ge=0, le=LONGEST_MINIMUM)
    keep: tuple[KeptClass, ...] | None = None
    glossary: dict[str, str] | str | None = None

    @field_validator("keep", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]


def check_settings(model: Any, config: GenerationPredictionConfig) -> GenerationPredictionConfig:
    """Check requested settings, read the glossary, and choose the number of beams.

    If strings have to be kept, at least 4 beams are used instead of 1.

    Args:
        model: Fitted generator.
        config: Requested settings.

    Raises:
        ConfigError: If more outputs than beams are requested, or a term is invalid.
        DataError: If the glossary cannot be read.
    """
    glossary = config.glossary
    if isinstance(glossary, str):
        glossary = read_glossary(glossary)
    constraints = Constraints.make(model.recipe_.search.keep if config.keep is None else config.keep, glossary)
    settings = model.search_
    if config.beams is not None or config.top_k > settings.beams:
        settings = settings._replace(beams=config.beams or config.top_k)
    if constraints:
        settings = settings.for_constraints()
    if config.top_k > settings.beams:
        raise ConfigError(
            f"top_k must be at most the number of beams, {settings.beams}; got {config.top_k}. Use more beams."
        )
    return config.model_copy(update={"glossary": glossary, "beams": settings.beams})
