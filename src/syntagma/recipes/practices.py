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
    """

    name: str
    parts: str
    switches: str
    page: str


PRACTICES: tuple[Practice, ...] = (
    Practice("pretrained word vectors", "PretrainedEmbedding", "embedding.vectors=PATH", "text-vectors.md"),
    Practice("size of the word embedding", "keras.layers.Embedding", "embedding.size=100", "text-vectors.md"),
    Practice("character-level word representations", "CharacterEncoder", "", "text-vectors.md"),
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
    Practice("additive attention", "AdditiveAttention", "", "attention.md"),
    Practice("multiplicative attention", "MultiplicativeAttention", "", "attention.md"),
    Practice("scaled dot-product attention", "ScaledDotAttention", "", "attention.md"),
    Practice("attention pooling", "AttentionPooling", "model.pooling=attention", "attention.md"),
    Practice("structured self-attention", "StructuredSelfAttention", "model.self_attention_hops=8", "attention.md"),
    Practice("key-value attention", "KeyValueAttention", "", "attention.md"),
    Practice("key-value-predict attention", "KeyValuePredictAttention", "", "attention.md"),
    Practice("attention in a decoder, and input feeding", "AttentionDecoder", "", "attention.md"),
    Practice("coverage", "CoverageAttention CoverageLoss", "", "attention.md"),
    Practice("convolutions with several widths", "MultiWidthConv1D", "model.kind=convolutional", "text-vectors.md"),
    Practice("max-norm constraint on filters", "MultiWidthConv1D", "model.norm_limit=3", "text-vectors.md"),
    Practice(
        "max and average pooling", "MaskedMaxPooling1D MaskedAveragePooling1D", "model.pooling=max", "text-vectors.md"
    ),
    Practice("k-max pooling", "KMaxPooling1D", "model.k=3", "text-vectors.md"),
    Practice("last state", "LastState", "model.pooling=last", "text-vectors.md"),
    Practice("conditional random field", "CRF CRFLoss CRFAccuracy TagMarginals NBestDecoder", "", "outputs.md"),
    Practice("feature CRF combined with the network", "PooledCRF", "", "outputs.md"),
    Practice("constrained decoding", "ViterbiDecoder", "", "outputs.md"),
    Practice("tied softmax", "TiedSoftmax", "", "outputs.md"),
    Practice("pointer sentinel", "PointerSentinel", "", "outputs.md"),
    Practice("copying from the source", "PointerGenerator", "", "outputs.md"),
    Practice("multi-task learning with missing labels", "MissingLabels", "", "multi-task.md"),
    Practice("private and shared feature spaces", "OrthogonalityPenalty", "", "multi-task.md"),
    Practice("language-model objective", "LanguageModelObjective", "model.language_model_weight=0.1", "multi-task.md"),
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
