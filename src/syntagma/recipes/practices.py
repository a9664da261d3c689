"""The practices of the field that are here, and where each is switched on."""

from typing import NamedTuple


class Practice(NamedTuple):
    """One practice.

    Attributes:
        name: Its name in the field.
        parts: Names in `syntagma.layers`, or of Keras where that has it.
        switches: What switches it on in a recipe, as for `--set`, or an option of the command; empty where a recipe has
            no use for it yet.
        page: The page that explains it, in `docs/practices` or beside it.
    """

    name: str
    parts: str
    switches: str
    page: str


PRACTICES: tuple[Practice, ...] = (
    Practice("ready-made word vectors", "PretrainedEmbedding", "embedding.vectors=PATH", "text-vectors.md"),
    Practice("size of the word vectors", "keras.layers.Embedding", "embedding.size=100", "text-vectors.md"),
    Practice("words from characters", "CharacterEncoder", "", "text-vectors.md"),
    Practice("stacked bidirectional LSTMs", "LSTM", "model.depth=2", "../guides/lstm.md"),
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
    Practice("words read as unknown", "UnknownWordDropout", "embedding.unknown_dropout=0.1", "dropout.md"),
    Practice("embedding dropout", "EmbeddingDropout", "embedding.type_dropout=0.1", "dropout.md"),
    Practice("DropConnect", "LSTM", "model.recurrent_weight_dropout=0.5", "dropout.md"),
    Practice("learned initial state", "LSTM InitialState", "model.learn_initial_state=true", "recurrent.md"),
    Practice("down-projection", "LSTM DownProjection", "model.projection_units=32", "recurrent.md"),
    Practice("clipping of the global norm", "keras.optimizers", "training.clip_norm=1", "recurrent.md"),
    Practice("clipping by value", "keras.optimizers", "training.clip_norm=null training.clip_value=1", "recurrent.md"),
    Practice("additive attention", "AdditiveAttention", "", "attention.md"),
    Practice("multiplicative attention", "MultiplicativeAttention", "", "attention.md"),
    Practice("scaled dot-product attention", "ScaledDotAttention", "", "attention.md"),
    Practice("attention pooling", "AttentionPooling", "model.pooling=attention", "attention.md"),
    Practice("structured self-attention", "StructuredSelfAttention", "model.self_attention_hops=8", "attention.md"),
    Practice("key-value attention", "KeyValueAttention", "", "attention.md"),
    Practice("key-value-predict attention", "KeyValuePredictAttention", "", "attention.md"),
    Practice("coverage", "CoverageAttention CoverageLoss", "", "attention.md"),
    Practice("convolutions of several widths", "MultiWidthConv1D", "model.kind=convolutional", "text-vectors.md"),
    Practice("norm limit of filters", "MultiWidthConv1D", "model.norm_limit=3", "text-vectors.md"),
    Practice(
        "max and average pooling", "MaskedMaxPooling1D MaskedAveragePooling1D", "model.pooling=max", "text-vectors.md"
    ),
    Practice("k-max pooling", "KMaxPooling1D", "model.k=3", "text-vectors.md"),
    Practice("last state", "LastState", "model.pooling=last", "text-vectors.md"),
    Practice("conditional random field", "CRF CRFLoss CRFAccuracy TagMarginals NBestDecoder", "", "outputs.md"),
    Practice("feature CRF beside the network", "PooledCRF", "", "outputs.md"),
    Practice("constrained decoding", "ViterbiDecoder", "", "outputs.md"),
    Practice("tied softmax", "TiedSoftmax", "", "outputs.md"),
    Practice("pointer sentinel", "PointerSentinel", "", "outputs.md"),
    Practice("several tasks, missing labels", "MissingLabels", "", "multi-task.md"),
    Practice("private and shared spaces", "OrthogonalityPenalty", "", "multi-task.md"),
    Practice("language-model objective", "LanguageModelObjective", "model.language_model_weight=0.1", "multi-task.md"),
    Practice("restarts with annealing", "", "training.patience=2 training.restarts=2", "schedules.md"),
    Practice("ensembles of seeds", "AverageProbabilities AverageChains", "--seeds 3 --ensemble", "schedules.md"),
    Practice(
        "snapshots",
        "",
        "training.schedule=cosine training.cycles=3 training.epochs=6 training.combine=ensemble",
        "schedules.md",
    ),
    Practice("averaged weights", "", "training.combine=average training.combine_epochs=3", "schedules.md"),
)
