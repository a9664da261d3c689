"""Catalogue of best practices from the literature, with their layers and the settings that enable them."""

from typing import NamedTuple


class Practice(NamedTuple):
    """A best practice from the literature, and how to use it in Syntagma.

    Attributes:
        name: Name of the practice in the literature.
        parts: Names of the layers that implement the practice, separated by spaces: names in `syntagma.layers`, or
            qualified names in Keras. Empty if no layer is needed.
        switches: Settings that enable the practice in a recipe, as arguments of `--set`, or command-line options. Empty
            if no setting enables it.
        page: Path of the documentation page, relative to `docs/explanation/practices`.
        recipe: Name of a recipe with these settings, or "RECIPE" if most recipes have them.
    """

    name: str
    parts: str
    switches: str
    page: str
    recipe: str = "RECIPE"

    @property
    def options(self) -> str:
        """Command-line options that enable the practice, or an empty text."""
        if self.switches.startswith("--"):
            return self.switches
        return " ".join(f"--set {one}" for one in self.switches.split())


PRACTICES: tuple[Practice, ...] = (
    Practice("pretrained word vectors", "PretrainedEmbedding", "embedding.vectors=PATH", "text-vectors.md"),
    Practice("size of the word embedding", "keras.layers.Embedding", "embedding.size=100", "text-vectors.md"),
    Practice(
        "character-level word representations",
        "CharacterEncoder",
        "model.characters.kind=lstm",
        "text-vectors.md",
        "tag",
    ),
    Practice("stacked bidirectional LSTMs", "LSTM", "model.depth=2", "../lstm-kernel.md"),
    Practice("highway layers", "Highway", "model.connections=highway", "connections.md"),
    Practice("residual connections", "Residual", "model.connections=residual", "connections.md"),
    Practice("dense connections", "DenselyConnected", "model.connections=dense", "connections.md"),
    Practice("dense connections, summed", "DenselyConnected", "model.connections=dense_sum", "connections.md"),
    Practice("dropout", "keras.layers.Dropout", "model.dropout=0.5", "dropout.md"),
    Practice(
        "variational dropout", "VariationalDropout", "embedding.dropout=0.3 model.output_dropout=0.3", "dropout.md"
    ),
    Practice("recurrent dropout", "LSTM", "model.recurrent_dropout=0.2", "dropout.md"),
    Practice("word dropout", "WordDropout", "embedding.word_dropout=0.1", "dropout.md"),
    Practice("unknown-word dropout", "UnknownWordDropout", "embedding.unknown_dropout=0.1", "dropout.md"),
    Practice("embedding dropout", "EmbeddingDropout", "embedding.type_dropout=0.1", "dropout.md"),
    Practice("DropConnect", "LSTM", "model.recurrent_weight_dropout=0.5", "dropout.md"),
    Practice("learned initial state", "LSTM InitialState", "model.learn_initial_state=true", "recurrent.md"),
    Practice("down-projection", "LSTM DownProjection", "model.projection_units=32", "recurrent.md"),
    Practice("gradient clipping by global norm", "keras.optimizers", "training.clip_norm=1", "recurrent.md"),
    Practice(
        "gradient clipping by value",
        "keras.optimizers",
        "training.clip_norm=null training.clip_value=1",
        "recurrent.md",
    ),
    Practice(
        "additive attention", "AdditiveAttention", "model.decoder.attention=additive", "attention.md", "translate"
    ),
    Practice(
        "multiplicative attention",
        "MultiplicativeAttention",
        "model.decoder.attention=multiplicative",
        "attention.md",
        "translate",
    ),
    Practice(
        "scaled dot-product attention",
        "ScaledDotAttention",
        "model.decoder.attention=scaled",
        "attention.md",
        "translate",
    ),
    Practice("attention pooling", "AttentionPooling", "model.pooling=attention", "attention.md"),
    Practice("structured self-attention", "StructuredSelfAttention", "model.self_attention_hops=8", "attention.md"),
    Practice("key-value attention", "KeyValueAttention", "", "attention.md"),
    Practice("key-value-predict attention", "KeyValuePredictAttention", "", "attention.md"),
    Practice(
        "attention in a decoder, and input feeding",
        "AttentionDecoder",
        "model.decoder.input_feeding=true",
        "attention.md",
        "translate",
    ),
    Practice(
        "coverage",
        "CoverageAttention CoverageLoss",
        "model.decoder.attention=coverage model.coverage_loss.weight=1",
        "attention.md",
        "translate",
    ),
    Practice(
        "convolutions with several widths",
        "MultiWidthConv1D",
        "model.kind=convolutional",
        "text-vectors.md",
        "classify-bilstm",
    ),
    Practice(
        "max-norm constraint on filters", "MultiWidthConv1D", "model.norm_limit=3", "text-vectors.md", "classify-cnn"
    ),
    Practice(
        "max and average pooling", "MaskedMaxPooling1D MaskedAveragePooling1D", "model.pooling=max", "text-vectors.md"
    ),
    Practice("k-max pooling", "KMaxPooling1D", "model.k=3", "text-vectors.md", "classify-cnn"),
    Practice("last state", "LastState", "model.pooling=last", "text-vectors.md"),
    Practice(
        "conditional random field",
        "CRF CRFLoss CRFAccuracy TagMarginals NBestDecoder",
        "model.output=crf",
        "outputs.md",
        "tag",
    ),
    Practice("feature CRF combined with the network", "PooledCRF", "", "outputs.md"),
    Practice("constrained decoding", "ViterbiDecoder", "model.output=softmax", "outputs.md", "tag"),
    Practice("tied softmax", "TiedSoftmax", "model.tie=all", "outputs.md", "translate"),
    Practice("pointer sentinel", "PointerSentinel", "", "outputs.md"),
    Practice("copying from the source", "PointerGenerator", "model.copy_words=true", "outputs.md", "translate"),
    Practice("multi-task learning with missing labels", "MissingLabels", "", "multi-task.md"),
    Practice("private and shared feature spaces", "OrthogonalityPenalty", "", "multi-task.md"),
    Practice("language-model objective", "LanguageModelObjective", "model.language_model_weight=0.1", "multi-task.md"),
    Practice("byte-pair encoding", "", "text.kind=bpe text.size=8000", "../generation.md", "translate"),
    Practice("BPE dropout", "", "text.dropout=0.1", "../generation.md", "translate"),
    Practice("label smoothing", "", "training.label_smoothing=0.1", "schedules.md"),
    Practice(
        "beam search with a length penalty",
        "",
        "search.beams=[5] search.length_penalty=[0.6]",
        "../generation.md",
        "translate",
    ),
    Practice("coverage penalty", "", "search.coverage_penalty=[0.2]", "../generation.md", "translate"),
    Practice("blocking of repeated n-grams", "", "search.blocked_ngram=3", "../generation.md", "translate"),
    Practice("restarts with annealing", "", "training.patience=2 training.restarts=2", "schedules.md"),
    Practice("ensembles over seeds", "AverageProbabilities AverageChains", "--seeds 3 --ensemble", "schedules.md"),
    Practice(
        "snapshot ensembles",
        "",
        "training.schedule=cosine training.cycles=3 training.epochs=6 training.combine=ensemble",
        "schedules.md",
    ),
    Practice("weight averaging", "", "training.combine=average training.combine_epochs=3", "schedules.md"),
)
