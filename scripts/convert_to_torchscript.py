#!/usr/bin/env python3
"""Turn a Hugging Face VITS voice into one TorchScript archive that vits-train, Python and C++ open without its classes.

    convert_to_torchscript.py HF_FOLDER OUT.pt

HF_FOLDER holds config.json, the weights (model.safetensors, its shards, or pytorch_model.bin) and the tokenizer's files. The
archive holds the generator under `model`, the discriminators under `discriminator` when the folder has them, the settings as
extra files, and each part that training needs as a method:

    forward(input_ids [B, T], attention_mask [B, T])            -> waveform [B, S]
    text(input_ids, text_mask [B, 1, T])                        -> hidden [B, T, H], mu_p, log_sigma_p [B, T, C]
    posterior(spectrogram [B, K, F], frame_mask [B, 1, F])      -> z, mu_q, log_sigma_q [B, C, F]
    flow(z, frame_mask), flow_rev(z_p, frame_mask)              -> [B, C, F]
    dp(hidden [B, H, T], text_mask, durations [B, 1, T])        -> duration loss of each clip (stochastic predictor)
    dp_rev(hidden, text_mask, noise_scale [])                   -> log durations [B, 1, T]
    decode(z [B, C, F])                                         -> waveform [B, 1, S]
    discriminate(waveform [B, 1, S])                            -> scores and feature maps, flat

A deterministic predictor has dp(hidden, text_mask) -> log durations and no dp_rev. With several speakers forward() takes
speaker_id [1] as its last argument and every other method but text and discriminate takes the speaker's embedding [B, E, 1].
forward() has the noise scales and the speed of config.json.

The methods are traces in evaluation mode: dropout is off. dp is transformers' own training direction, which differs from the
published one (tests/reference/README.md); vits-train uses the weights and its own code. Needs torch, transformers and
safetensors; discriminators and what transformers itself cannot speak with (resblock-2 decoders, voices without relative
positions) also tests/reference of vits-train, beside which this script stands.

`vits-train convert HF_FOLDER OUT.pt --format torchscript` writes such an archive without Python, from any kind of voice. This
script is for machines that have transformers and no vits-train, and is what that archive is compared with.
"""
import argparse
import json
import os
import pathlib
import sys
import warnings

import torch
from transformers import VitsConfig, VitsModel

EXTRA_FILES = (
    "config.json", "vocab.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "speakers.json",
    "preprocessor_config.json",
)  # fmt: skip
SPELLINGS = ("weight_g", "parametrizations.weight.original0"), ("weight_v", "parametrizations.weight.original1")
TOLERANCE = 1e-4


def reference():
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "reference"))
    try:
        import vits_reference
    except ImportError as error:
        raise SystemExit(f"this voice needs tests/reference of vits-train beside scripts/: {error}")
    return vits_reference


def load_state(folder):
    """All tensors of the folder, float32, with the current spelling of weight norm."""
    from safetensors.torch import load_file

    state = {}
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").exists():
        state = load_file(folder / "model.safetensors")
    elif index.exists():
        for shard in sorted(set(json.loads(index.read_text())["weight_map"].values())):
            state.update(load_file(folder / shard))
    elif (folder / "pytorch_model.bin").exists():
        state = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    else:
        raise SystemExit(f"{folder} has neither model.safetensors nor pytorch_model.bin")

    def current(name):
        for old, new in SPELLINGS:
            if name.endswith("." + old):
                return name[: -len(old)] + new
        return name

    return {current(k): v.float() if v.is_floating_point() else v for k, v in state.items()}


def load_voice(folder):
    """(generator, discriminators or None, config) in evaluation mode. A missing or unexpected tensor is an error."""
    config = VitsConfig.from_pretrained(folder)
    state, prefix = load_state(folder), "discriminator."
    judged = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
    plain = str(getattr(config, "resblock", "1")) == "1" and config.window_size
    generator = VitsModel(config) if plain else reference().new_generator(config)
    generator.load_state_dict({k: v for k, v in state.items() if not k.startswith(prefix)})
    discriminators = None
    if judged:
        discriminators = reference().Discriminators(config)
        discriminators.load_state_dict(judged)
        discriminators.eval()
    return generator.eval(), discriminators, config


class Voice(torch.nn.Module):
    """The parts as methods. `speaker` is () or (its embedding [B, E, 1],): a traced method takes no None."""

    def __init__(self, model, discriminator):
        super().__init__()
        self.model = model
        if discriminator is not None:
            self.discriminator = discriminator

    def forward(self, input_ids, attention_mask, *speaker_id):
        return self.model(input_ids, attention_mask, speaker_id=speaker_id[0] if speaker_id else None).waveform

    def text(self, input_ids, text_mask):
        made = self.model.text_encoder(input_ids, text_mask.transpose(1, 2), text_mask.squeeze(1), return_dict=True)
        return made.last_hidden_state, made.prior_means, made.prior_log_variances

    def posterior(self, spectrogram, frame_mask, *speaker):
        return self.model.posterior_encoder(spectrogram, frame_mask, *speaker)

    def flow(self, z, frame_mask, *speaker):
        return self.model.flow(z, frame_mask, speaker[0] if speaker else None, reverse=False)

    def flow_rev(self, z_p, frame_mask, *speaker):
        return self.model.flow(z_p, frame_mask, speaker[0] if speaker else None, reverse=True)

    def dp(self, hidden, text_mask, *rest):
        if not self.model.config.use_stochastic_duration_prediction:
            return self.model.duration_predictor(hidden, text_mask, rest[0] if rest else None)
        durations, *speaker = rest
        return self.model.duration_predictor(hidden, text_mask, speaker[0] if speaker else None, durations, reverse=False)

    def dp_rev(self, hidden, text_mask, noise_scale, *speaker):
        predictor = self.model.duration_predictor
        return predictor(hidden, text_mask, speaker[0] if speaker else None, reverse=True, noise_scale=noise_scale)

    def decode(self, z, *speaker):
        return self.model.decoder(z, *speaker)

    def discriminate(self, waveform):
        scores, maps = self.discriminator(waveform)
        return tuple(scores) + tuple(m for of_one in maps for m in of_one)


def examples(voice, config, batch, tokens, frames):
    """Arguments for each method, by name."""
    text_mask, frame_mask = torch.ones(batch, 1, tokens), torch.ones(batch, 1, frames)
    ids = torch.randint(0, config.vocab_size, (batch, tokens))
    z, hidden = torch.randn(batch, config.flow_size, frames), torch.randn(batch, config.hidden_size, tokens)
    several = config.num_speakers > 1
    speaker = (torch.randn(batch, config.speaker_embedding_size, 1),) if several else ()
    calls = {
        "forward": (ids, torch.ones(batch, tokens, dtype=torch.long)) + ((torch.tensor([1]),) if several else ()),
        "text": (ids, text_mask),
        "posterior": (torch.rand(batch, config.spectrogram_bins, frames), frame_mask, *speaker),
        "flow": (z, frame_mask, *speaker),
        "flow_rev": (z, frame_mask, *speaker),
        "decode": (z, *speaker),
    }
    if config.use_stochastic_duration_prediction:
        calls["dp"] = (hidden, text_mask, torch.ones(batch, 1, tokens), *speaker)
        calls["dp_rev"] = (hidden, text_mask, torch.tensor(0.8), *speaker)
    else:
        calls["dp"] = (hidden, text_mask, *speaker)
    if hasattr(voice, "discriminator"):
        calls["discriminate"] = (torch.randn(batch, 1, 1000 + 256 * frames),)
    return calls


def check(voice, traced, config, batch, tokens, frames):
    """Stops unless each traced method gives what the voice gives, at other sizes than those it was traced with."""
    for name, arguments in examples(voice, config, batch, tokens, frames).items():
        results = []
        for method in (getattr(voice, name), getattr(traced, name)):
            torch.manual_seed(7)
            made = method(*arguments)
            results.append(made if isinstance(made, tuple) else (made,))
        for wanted, got in zip(*results):
            worst = (wanted - got).abs().max().item() if wanted.shape == got.shape else float("inf")
            if not worst <= TOLERANCE:
                shapes = f"{tuple(wanted.shape)} and {tuple(got.shape)}"
                raise SystemExit(f"the trace of {name} differs from the voice by {worst} at another length ({shapes})")


def convert(folder, out):
    """Writes the archive; gives one line about it."""
    warnings.filterwarnings("ignore")  # TorchScript's deprecation, and the tracer's on sizes: check() is the proof
    generator, discriminators, config = load_voice(folder)
    voice = Voice(generator, discriminators).eval()
    torch.manual_seed(0)
    with torch.no_grad(), torch.jit.optimized_execution(False):  # optimising takes longer than the few calls here
        traced = torch.jit.trace_module(voice, examples(voice, config, 1, 11, 23), check_trace=False, strict=False)
        check(voice, traced, config, batch=2, tokens=30, frames=57)
        check(voice, traced, config, batch=1, tokens=3, frames=9)

    extra = {name: (folder / name).read_bytes() for name in EXTRA_FILES if (folder / name).exists()}
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        torch.jit.save(traced, temporary, _extra_files=extra)
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    count = sum(p.numel() for p in voice.parameters())
    judged = "with" if discriminators is not None else "without"
    return f"{out}: {count:,} parameters, {judged} discriminators; extra files: {', '.join(extra)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, metavar="HF_FOLDER")
    parser.add_argument("out", type=pathlib.Path, metavar="OUT.pt")
    given = parser.parse_args()
    print(convert(given.folder, given.out))


if __name__ == "__main__":
    main()
