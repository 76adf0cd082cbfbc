"""The reference's duration loss in double precision: duration_reference.py --out DIR --model DIR

duration.safetensors, all float64: hidden [B, H, T], token_mask [B, 1, T], durations [B, 1, T], speaker [B, E, 1] (voices with
speakers), noise [B, 2, T], loss (per real token), and grad.NAME for every parameter that gets one.

Double, because the splines make single precision a poor witness: rounding the inputs alone moves some of its gradients by
several thousandths.
"""
import argparse
import pathlib

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from vits_reference import duration_loss, load

ap = argparse.ArgumentParser()
ap.add_argument("--model", required=True)
ap.add_argument("--out", required=True)
a = ap.parse_args()
transformers.utils.logging.set_verbosity_error()
generator, _, config = load(a.model)
predictor = generator.duration_predictor.double().eval()
rng = np.random.default_rng(0)
lengths, tokens = torch.tensor([17, 6, 11]), 17
normal = lambda *shape: torch.from_numpy(rng.standard_normal((len(lengths), *shape)))  # noqa: E731
mask = (torch.arange(tokens) < lengths.unsqueeze(1)).double().unsqueeze(1)
given = dict(hidden=normal(config.hidden_size, tokens) * mask, token_mask=mask, noise=normal(2, tokens))
given["durations"] = torch.from_numpy(rng.integers(1, 9, mask.shape)).double() * mask
if config.num_speakers > 1:
    given["speaker"] = normal(config.speaker_embedding_size, 1)
noise = given["noise"] if config.use_stochastic_duration_prediction else None
loss = duration_loss(predictor, given["hidden"], mask, given["durations"], noise, given.get("speaker"))
loss.backward()
given["loss"] = loss.detach()
given.update({f"grad.{name}": p.grad for name, p in predictor.named_parameters() if p.grad is not None})
out = pathlib.Path(a.out)
out.mkdir(parents=True, exist_ok=True)
save_file({name: tensor.contiguous() for name, tensor in given.items()}, out / "duration.safetensors")
