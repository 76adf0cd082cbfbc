"""Spectrograms, mels and mel banks of the Python reference: spectrogram_reference.py --out DIR

sound.safetensors: wave [2, 7001], spectrogram [2, 513, 27], bank.RATE [80, 513], mel.RATE [2, 80, 27]; bank.wide [80, 1025]
for 44100 Hz and a transform of 2048.
"""
import argparse
import pathlib

import torch
import vits_reference as ref
from safetensors.torch import save_file
from transformers.audio_utils import mel_filter_bank

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
a = ap.parse_args()

torch.manual_seed(3)
seconds = torch.arange(7001) / 16000
tone = 0.4 * torch.sin(2 * torch.pi * (200 + 900 * seconds) * seconds) + 0.05 * torch.randn(7001)
out = {"wave": torch.stack([tone, torch.zeros(7001)])}
out["spectrogram"] = ref.spectrogram(out["wave"])
for rate in (8000, 16000, 22050, 44100):
    mel = ref.Mel(rate)
    out[f"bank.{rate}"] = mel.bank
    out[f"mel.{rate}"] = mel(out["spectrogram"])
wide = mel_filter_bank(1025, 80, 0.0, 22050, 44100, norm="slaney", mel_scale="slaney")
out["bank.wide"] = torch.from_numpy(wide).float().t()
pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
save_file({k: v.contiguous() for k, v in out.items()}, pathlib.Path(a.out) / "sound.safetensors")
