"""The peers of `generation.py`: the same encoder-decoder in Syntagma and in plain PyTorch."""

import argparse
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_EMBEDDING, _ENCODER, _DECODER = 128, 128, 256
_BEAMS, _ALPHA = 5, 0.6
_START, _END = 1, 3
_NEVER = -1e30


def read_batches(case: Path) -> list[dict[str, Any]]:
    with np.load(case / "batches.npz") as arrays:
        count = 1 + max(int(name.split("/")[0]) for name in arrays)
        names = {name.split("/")[1] for name in arrays}
        return [{name: arrays[f"{number}/{name}"] for name in names} for number in range(count)]


def sentence_batches(case: Path, size: int, most: int) -> Iterator[tuple[Any, Any, Any]]:
    """Yield padded batches of sentences, sorted by length: row numbers, tokens and lengths."""
    with np.load(case / "sentences.npz") as arrays:
        values, offsets = arrays["values"], arrays["offsets"]
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    # One by one, a sample is enough.
    order = order[:: max(1, len(order) // most)]
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        width = max(4, -(-int(lengths[rows].max()) // 4) * 4)
        tokens = np.zeros((len(rows), width), np.int32)
        for place, row in enumerate(rows):
            tokens[place, : lengths[row]] = values[offsets[row] : offsets[row + 1]]
        yield rows, tokens, lengths[rows].astype(np.int32)


def time_decoding(case: Path, size: int, most: int, search: Any) -> tuple[float, dict[int, list[int]]]:
    """Return sentences per second and the outputs by row. Everything is decoded twice, and the second time is timed."""
    outputs: dict[int, list[int]] = {}
    for _ in range(2):
        started, count = time.perf_counter(), 0
        for rows, tokens, lengths in sentence_batches(case, size, most):
            found = search(tokens, lengths)
            outputs |= dict(zip(rows.tolist(), found, strict=True))
            count += len(rows)
        seconds = time.perf_counter() - started
    return count / seconds, outputs


def syntagma_speed(case: Path, facts: dict[str, Any]) -> dict[str, Any]:
    import syntagma
    from syntagma.backend import seeded
    from syntagma.decoding.config import BeamConfig
    from syntagma.models.stack import StackConfig
    from syntagma.models.weights import weight_arrays
    from syntagma.tasks.generation import network, preparation
    from syntagma.tasks.generation.searching import Searcher
    from syntagma.training.config import TrainingConfig
    from syntagma.training.feed import TrainingBatch, compile_model, train_step

    config = network.GeneratorConfig(
        embedding=_EMBEDDING,
        embedding_dropout=0.2,
        encoder=StackConfig(units=_ENCODER, output_dropout=0.3),
        decoder=network.DecoderConfig(units=_DECODER, depth=2, dropout=0.3),
    )
    size = facts["vocabulary"]
    with seeded(0):
        model = network.build_generator(config, network.Sizes(size, size, True), "generation")
    training = network.build_training_model(model, config, 0.1)
    compile_model(training, preparation.losses(config), TrainingConfig(epochs=1, learning_rate=0.002, clip_norm=1.0))
    batches = read_batches(case)
    for _ in range(2):
        started = time.perf_counter()
        for batch in batches:
            real = np.arange(batch["targets"].shape[1]) < batch["target_lengths"][:, None]
            batch = {**batch, "weights": (real / max(1, real.sum())).astype(np.float32)}
            inputs = {name: batch[name] for name in training.input}
            ones = np.ones(len(real), np.float32)
            train_step(training, TrainingBatch(inputs, 0 * ones, ones, len(real), True), 0.002)
        seconds = time.perf_counter() - started
    np.savez(case / "weights.npz", **{name.replace("/", "|"): one for name, one in weight_arrays(model).items()})
    searcher = Searcher(model)
    beams = BeamConfig(beams=_BEAMS, length_penalty=_ALPHA)

    def search(tokens: Any, lengths: Any) -> list[list[int]]:
        found = searcher.search({"tokens": tokens, "lengths": lengths}, beams, 1, max_length=2 * lengths + 10)
        return [one.hypotheses[0].tokens for one in found]

    many, outputs = time_decoding(case, 64, facts["sentences"], search)
    single, _ = time_decoding(case, 1, 32, search)
    (case / "outputs.json").write_text(json.dumps(outputs), encoding="utf-8")
    return {
        "train": facts["target_subwords"] / seconds,
        "batch_64": many,
        "batch_1": single,
        "versions": {"syntagma": syntagma.__version__},
    }


def torch_speed(case: Path, facts: dict[str, Any]) -> dict[str, Any]:
    import torch
    from torch import nn
    from torch.nn import functional

    class Network(nn.Module):
        """Bidirectional LSTM encoder, and two LSTMs with additive attention between them."""

        def __init__(self, size: int):
            super().__init__()
            context = 2 * _ENCODER
            self.embedding = nn.Embedding(size, _EMBEDDING)
            self.encoder = nn.LSTM(_EMBEDDING, _ENCODER, batch_first=True, bidirectional=True)
            self.first = nn.LSTM(_EMBEDDING, _DECODER, batch_first=True)
            self.second = nn.LSTM(_DECODER + context, _DECODER, batch_first=True)
            self.query = nn.Linear(_DECODER, _DECODER, bias=False)
            self.key = nn.Linear(context, _DECODER, bias=False)
            self.direction = nn.Linear(_DECODER, 1, bias=False)
            self.readout = nn.Linear(_DECODER + context + _EMBEDDING, _EMBEDDING)
            self.bridge = nn.Linear(context, 4 * _DECODER)
            self.bias = nn.Parameter(torch.zeros(size))

        def encode(self, tokens: Any, lengths: Any, rate: float = 0.0) -> tuple[Any, Any, Any, Any]:
            vectors = functional.dropout(self.embedding(tokens), 0.2, rate > 0)
            packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
            states, _ = nn.utils.rnn.pad_packed_sequence(
                self.encoder(packed)[0], batch_first=True, total_length=tokens.shape[1]
            )
            states = functional.dropout(states, rate, rate > 0)
            mask = torch.arange(tokens.shape[1])[None] < lengths[:, None]
            start = torch.tanh(self.bridge(states.sum(1) / lengths[:, None])).view(-1, 4, _DECODER).transpose(0, 1)
            return states, self.key(states), mask, start.contiguous()

        def attend(self, queries: Any, states: Any, keys: Any, mask: Any) -> Any:
            hidden = torch.tanh(self.query(queries)[:, :, None] + keys[:, None])
            scores = self.direction(hidden).squeeze(-1).masked_fill(~mask[:, None], _NEVER)
            return torch.softmax(scores, -1) @ states

        def logits(self, *parts: Any, rate: float = 0.0) -> Any:
            outputs = functional.dropout(torch.tanh(self.readout(torch.cat(parts, -1))), rate, rate > 0)
            return outputs @ self.embedding.weight.T + self.bias

        def forward(self, tokens: Any, lengths: Any, previous: Any) -> Any:
            states, keys, mask, start = self.encode(tokens, lengths, 0.3)
            vectors = functional.dropout(self.embedding(previous), 0.2)
            hidden, _ = self.first(functional.dropout(vectors, 0.3), (start[0:1], start[1:2]))
            context = self.attend(hidden, states, keys, mask)
            inputs = functional.dropout(torch.cat([hidden, context], -1), 0.3)
            hidden, _ = self.second(inputs, (start[2:3], start[3:4]))
            return self.logits(hidden, context, vectors, rate=0.3)

    network = Network(facts["vocabulary"])
    with np.load(case / "weights.npz") as arrays:
        load_weights(network, {name.replace("|", "/"): torch.from_numpy(arrays[name]) for name in arrays})
    many, outputs = time_decoding(case, 64, facts["sentences"], lambda *batch: beam_search(network, *batch))
    single, _ = time_decoding(case, 1, 32, lambda *batch: beam_search(network, *batch))
    wanted = {int(row): tokens for row, tokens in json.loads((case / "outputs.json").read_text()).items()}
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
    batches = [{name: torch.from_numpy(one).long() for name, one in batch.items()} for batch in read_batches(case)]
    for _ in range(2):
        started = time.perf_counter()
        for batch in batches:
            logits = network(batch["tokens"], batch["lengths"].clamp(min=1), batch["previous"])
            real = torch.arange(logits.shape[1])[None] < batch["target_lengths"][:, None]
            targets = batch["targets"].masked_fill(~real, -100)
            loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
        seconds = time.perf_counter() - started
    return {
        "train": facts["target_subwords"] / seconds,
        "batch_64": many,
        "batch_1": single,
        "equal_outputs": sum(outputs[row] == wanted[row] for row in wanted) / len(wanted),
        "versions": {"torch": torch.__version__},
    }


def load_weights(network: Any, weights: dict[str, Any]) -> None:
    """Copy the weights of Syntagma's network. Both order the gates of an LSTM alike."""
    import torch

    def lstm(module: Any, path: str, suffix: str = "") -> None:
        for name, part, transpose in (("weight_ih", "kernel", True), ("weight_hh", "recurrent_kernel", True)):
            values = weights[f"{path}/cell/{part}"]
            getattr(module, f"{name}_l0{suffix}").copy_(values.T if transpose else values)
        getattr(module, f"bias_ih_l0{suffix}").copy_(weights[f"{path}/cell/bias"])
        getattr(module, f"bias_hh_l0{suffix}").zero_()

    with torch.no_grad():
        network.embedding.weight.copy_(weights["subwords/embeddings"])
        network.bias.copy_(weights["subwords/bias"])
        lstm(network.encoder, "bilstm_0/forward_lstm_0")
        lstm(network.encoder, "bilstm_0/backward_lstm_0", "_reverse")
        lstm(network.first, "decoder/lstm_0")
        lstm(network.second, "decoder/lstm_1")
        network.query.weight.copy_(weights["decoder/attention/query_kernel"].T)
        network.key.weight.copy_(weights["decoder/attention/key_kernel"].T)
        network.direction.weight.copy_(weights["decoder/attention/direction"][None])
        for module, path in ((network.readout, "decoder/readout"), (network.bridge, "decoder/bridge")):
            module.weight.copy_(weights[f"{path}/kernel"].T)
            module.bias.copy_(weights[f"{path}/bias"])


def beam_search(network: Any, tokens: Any, lengths: Any) -> list[list[int]]:
    """Translate a batch with the rules of Syntagma's search: the end counts, and it has to be among the best W."""
    import torch

    with torch.inference_mode():
        tokens, lengths = torch.from_numpy(tokens).long(), torch.from_numpy(lengths).long()
        rows, beams = len(tokens), _BEAMS
        states, keys, mask, start = network.encode(tokens, lengths)
        states, keys, mask = (one.repeat_interleave(beams, 0) for one in (states, keys, mask))
        hidden = [one.repeat_interleave(beams, 0) for one in start]
        longest = 2 * lengths + 10
        totals = torch.full((rows, beams), _NEVER)
        totals[:, 0] = 0
        last = torch.full((rows * beams,), _START)
        outputs = torch.zeros((rows, beams, 0), dtype=torch.long)
        best_scores, best = torch.full((rows,), _NEVER), [[] for _ in range(rows)]
        is_open = torch.ones(rows, dtype=torch.bool)
        offsets = torch.arange(rows)[:, None] * beams
        for step in range(int(longest.max())):
            vectors = network.embedding(last)[:, None]
            first, (h0, c0) = network.first(vectors, (hidden[0][None], hidden[1][None]))
            context = network.attend(first, states, keys, mask)
            second, (h1, c1) = network.second(torch.cat([first, context], -1), (hidden[2][None], hidden[3][None]))
            log_probs = torch.log_softmax(network.logits(second, context, vectors)[:, 0], -1)
            log_probs[:, :_END] = _NEVER
            log_probs = log_probs.view(rows, beams, -1)
            ends = log_probs[:, :, _END].clone()
            is_last = step + 1 >= longest
            log_probs[is_last] = _NEVER
            log_probs[:, :, _END] = ends
            values, places = (totals[:, :, None] + log_probs).flatten(1).topk(2 * beams)
            parents, words = places // log_probs.shape[-1], places % log_probs.shape[-1]
            is_end = (words == _END) & (values > _NEVER / 2)
            divisor = ((5 + step + 1) / 6) ** _ALPHA
            scores = torch.where(is_end[:, :beams] & is_open[:, None], values[:, :beams] / divisor, _NEVER)
            found, which = scores.max(1)
            for row in torch.nonzero(found > best_scores).flatten().tolist():
                best[row] = outputs[row, parents[row, which[row]]].tolist()
            best_scores = torch.maximum(best_scores, found)
            totals, chosen = torch.where(is_end, _NEVER, values).topk(beams)
            parents, words = parents.gather(1, chosen), words.gather(1, chosen)
            bound = totals[:, 0] / ((5 + longest) / 6) ** _ALPHA
            is_open &= ~is_last & (best_scores < bound)
            if not is_open.any():
                break
            outputs = torch.cat([outputs.gather(1, parents[:, :, None].expand(-1, -1, step)), words[:, :, None]], -1)
            flat = (offsets + parents).flatten()
            hidden = [one[0, flat] for one in (h0, c0, h1, c1)]
            last = words.flatten()
        return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=("syntagma", "torch"))
    parser.add_argument("case", type=Path)
    arguments = parser.parse_args()
    facts = json.loads((arguments.case / "case.json").read_text(encoding="utf-8"))
    measured = {"syntagma": syntagma_speed, "torch": torch_speed}[arguments.peer](arguments.case, facts)
    measured["megabytes"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
