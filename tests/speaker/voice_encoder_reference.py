"""Writes sounds of several lengths (0.f32, 1.f32, ...: espeak-ng voices, a tone, noise; 16 kHz) and embeddings.f32: what
VoiceEncoder.embed_utterance of the resemblyzer package in .env/weights makes of each after its normalize_volume.

The package asks for librosa and webrtcvad when it is imported. Its only call of librosa here is given to transformers'
mel spectrogram, which is an independent implementation of the same definition; webrtcvad is not called."""
import argparse
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import soundfile
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

SAMPLE_RATE_HZ = 16000


def melspectrogram(y, sr, n_fft, hop_length, n_mels):
    bank = mel_filter_bank(n_fft // 2 + 1, n_mels, 0.0, sr / 2, sr, norm="slaney", mel_scale="slaney")
    return spectrogram(y, window_function(n_fft, "hann"), n_fft, hop_length, power=2.0, pad_mode="constant", mel_filters=bank)


def import_resemblyzer():
    librosa, feature = types.ModuleType("librosa"), types.ModuleType("librosa.feature")
    feature.melspectrogram = melspectrogram
    librosa.feature = feature
    morphology = types.ModuleType("scipy.ndimage.morphology")
    morphology.binary_dilation = None
    stand_ins = {"librosa": librosa, "librosa.feature": feature, "webrtcvad": types.ModuleType("webrtcvad"),
                 "scipy.ndimage.morphology": morphology}
    for name in ("scipy", "scipy.ndimage"):
        stand_ins[name] = types.ModuleType(name)
    sys.modules.update({name: module for name, module in stand_ins.items() if name not in sys.modules})
    sys.path.insert(0, str(Path(os.environ["VITS_SOURCE"]) / ".env/weights"))
    from resemblyzer import audio, voice_encoder
    return audio, voice_encoder


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
    long = spoken("The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background.", "en-us", out)
    woman = spoken("Rice is often served in round bowls.", "de+f3", out)
    sounds = [long, long[:36000], long[:25600], long[8000:33601], long[:6000], woman, woman * 0.01, woman[::-1].copy(),
              np.random.default_rng(7).normal(0, 0.1, 40000).astype(np.float32),
              np.sin(np.arange(30000) * 0.1).astype(np.float32)]
    audio, voice_encoder = import_resemblyzer()
    encoder = voice_encoder.VoiceEncoder("cpu", verbose=False)
    embeddings = []
    for number, sound in enumerate(sounds):
        sound.tofile(out / f"{number}.f32")
        embeddings.append(encoder.embed_utterance(audio.normalize_volume(sound, -30, increase_only=False)))
    np.stack(embeddings).astype(np.float32).tofile(out / "embeddings.f32")


if __name__ == "__main__":
    sys.exit(main())
