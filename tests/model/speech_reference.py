"""What transformers' VitsModel says, with its random draws at hand.

    speech_reference.py --out DIR --model DIR [--tokens 9,17,5]

speech.safetensors holds, for each case, `CASE.KEY` with the keys token_ids [B, T], token_lengths [B], speaker_ids [B] (voices
with speakers), the draws duration_noise [B, 2, T] and prior_noise [B, C, F], and what came out: hidden, mu_p, log_sigma_p,
log_durations, latent, waveform, sample_lengths. speech.json holds each case's noise scales, speaking rate and seed.

    silent   noise scales 0, one row             drawn   seeded draws, one row, spoken slower
    batch    noise scales 0, padded rows         seeded  draws left to torch.manual_seed, padded rows, spoken faster

A case that is not seeded gets its draws from NumPy, in place of torch.randn and torch.randn_like.
"""
import argparse
import json
import pathlib
from unittest import mock

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import VitsConfig
from vits_reference import new_generator

CASES = {
    "silent": dict(rows=1, noise_scale=0.0, noise_scale_duration=0.0, speaking_rate=1.0, seed=None),
    "drawn": dict(rows=1, noise_scale=0.667, noise_scale_duration=0.8, speaking_rate=0.8, seed=None),
    "batch": dict(rows=3, noise_scale=0.0, noise_scale_duration=0.0, speaking_rate=1.0, seed=None),
    "seeded": dict(rows=3, noise_scale=0.667, noise_scale_duration=0.8, speaking_rate=1.25, seed=7),
}


def load(folder):
    config = VitsConfig.from_pretrained(folder)
    model = new_generator(config)
    state = load_file(pathlib.Path(folder) / "model.safetensors")
    model.load_state_dict({k: v for k, v in state.items() if not k.startswith("discriminator.")})
    return model.eval(), config


def speak(model, config, case, lengths, rng):
    lengths = torch.tensor(lengths[: case["rows"]])
    tokens = int(lengths.max())
    mask = (torch.arange(tokens) < lengths.unsqueeze(1)).long()
    ids = torch.from_numpy(rng.integers(1, config.vocab_size, (len(lengths), tokens))) * mask
    speakers = torch.from_numpy(rng.integers(0, config.num_speakers, len(lengths))) if config.num_speakers > 1 else None
    model.noise_scale, model.noise_scale_duration = case["noise_scale"], case["noise_scale_duration"]

    kept = {}
    hooks = [
        model.duration_predictor.register_forward_hook(lambda _, __, o: kept.update(log_durations=o)),
        model.text_encoder.register_forward_hook(
            lambda _, __, o: kept.update(
                hidden=o.last_hidden_state.transpose(1, 2),
                mu_p=o.prior_means.transpose(1, 2),
                log_sigma_p=o.prior_log_variances.transpose(1, 2),
            )
        ),
    ]

    def draw(name, shape):
        kept[name] = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        return kept[name]

    # The speaker check of `forward` compares with one number; a batch of speakers goes around it by the embedding's output.
    speaker_id = None if speakers is None else int(speakers[0])
    row_wise = model.embed_speaker.register_forward_hook(lambda m, _, __: m.weight[speakers]) if speakers is not None else None
    with torch.no_grad():
        if case["seed"] is None:
            with mock.patch("torch.randn", lambda *shape: draw("duration_noise", shape)):
                with mock.patch("torch.randn_like", lambda x: draw("prior_noise", tuple(x.shape))):
                    o = model(ids, mask, speaker_id=speaker_id, speaking_rate=case["speaking_rate"])
        else:
            torch.manual_seed(case["seed"])
            o = model(ids, mask, speaker_id=speaker_id, speaking_rate=case["speaking_rate"])
    for hook in hooks + ([row_wise] if row_wise else []):
        hook.remove()
    kept.update(token_ids=ids, token_lengths=lengths, latent=o.spectrogram, waveform=o.waveform, sample_lengths=o.sequence_lengths)
    if speakers is not None:
        kept["speaker_ids"] = speakers
    return kept


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--tokens", default="23,31,5")
    a = ap.parse_args()
    transformers.utils.logging.set_verbosity_error()
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    model, config = load(a.model)
    lengths = [int(n) for n in a.tokens.split(",")]
    rng = np.random.default_rng(0)
    tensors = {}
    for name, case in CASES.items():
        for key, value in speak(model, config, case, lengths, rng).items():
            tensors[f"{name}.{key}"] = value.detach().clone().contiguous()
    save_file(tensors, out / "speech.safetensors")
    (out / "speech.json").write_text(json.dumps(CASES))


if __name__ == "__main__":
    main()
