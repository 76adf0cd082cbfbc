"""Writes sound.f32 (16 kHz: espeak-ng speech, a tone, noise and silence, one after the other) and chances.f32: what the
TorchScript model of the silero_vad package in .env/weights says of each 512 samples. speech.txt tells where the speech
begins and ends."""
import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch

SAMPLE_RATE_HZ = 16000


def spoken(text, voice, folder):
    path = folder / "espeak.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), text], check=True)
    samples, rate = soundfile.read(path, dtype="float32")
    times = np.arange(int(len(samples) * SAMPLE_RATE_HZ / rate)) / SAMPLE_RATE_HZ
    return np.interp(times, np.arange(len(samples)) / rate, samples).astype(np.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(7)
    parts = [np.zeros(16000, np.float32),
             spoken("The birch canoe slid on the smooth planks.", "en-us", out), np.zeros(9000, np.float32),
             spoken("Rice is often served in round bowls.", "de+f3", out) * 0.1, np.zeros(16000, np.float32)]
    begin, end = len(parts[0]), sum(map(len, parts[:4]))
    parts.append(chance.normal(0.0, 0.05, 20000).astype(np.float32))
    parts.append(np.sin(np.arange(15001) * 0.15).astype(np.float32))
    sound = np.concatenate(parts)
    sound.tofile(out / "sound.f32")
    (out / "speech.txt").write_text(f"{begin} {end}\n")

    source = Path(os.environ["VITS_SOURCE"])
    model = torch.jit.load(source / ".env/weights/silero_vad/data/silero_vad.jit")
    model.reset_states()
    padded = torch.from_numpy(np.pad(sound, (0, -len(sound) % 512)))
    with torch.no_grad():
        chances = [model(piece[None], SAMPLE_RATE_HZ).item() for piece in padded.split(512)]
    np.array(chances, np.float32).tofile(out / "chances.f32")


if __name__ == "__main__":
    sys.exit(main())
