"""Clips as raw float32 and list.json: file, rate, LUFS by pyloudnorm, LUFS and true peak in dBFS by ffmpeg's ebur128."""
import argparse
import json
import pathlib
import re
import subprocess

import numpy as np
import pyloudnorm
import soundfile

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
out = parser.parse_args().out
out.mkdir(parents=True)
random = np.random.default_rng(3)


def speech(rate, text):
    subprocess.run(["espeak-ng", "-w", out / "speech.wav", text], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", out / "speech.wav", "-ar", str(rate), out / "at_rate.wav"], check=True)
    return soundfile.read(out / "at_rate.wav")[0]


def pink(count):
    spectrum = np.fft.rfft(random.standard_normal(count)) / np.sqrt(np.arange(count // 2 + 1) + 1)
    wave = np.fft.irfft(spectrum, count)
    return 0.3 * wave / np.abs(wave).max()


def by_ffmpeg(wave, rate):
    soundfile.write(out / "clip.wav", wave, rate, subtype="FLOAT")
    said = subprocess.run(["ffmpeg", "-hide_banner", "-nostats", "-i", out / "clip.wav", "-af", "ebur128=peak=true", "-f", "null", "-"],
                          capture_output=True, text=True, check=True).stderr
    said = said[said.rindex("Summary:"):]
    return [float(re.search(rf"{name}:\s+(-?[\d.]+) {unit}", said).group(1)) for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))]


clips = []
for rate in (8000, 16000, 22050, 44100, 48000):
    time = np.arange(3 * rate) / rate
    waves = {
        "speech": speech(rate, "The rain in Spain stays mainly in the plain, and so do the sheep."),
        "quiet_then_loud": np.concatenate([0.003 * speech(rate, "Hush."), speech(rate, "Now shout it out loud.")]),
        "short": speech(rate, "The rain in Spain stays mainly.")[:rate // 2],
        "pink": pink(3 * rate),
        "tone": 0.1 * np.sin(2 * np.pi * 997 * time),
        # Its peaks lie half way between samples.
        "between_samples": 0.5 * np.sin(2 * np.pi * rate / 4 * time + np.pi / 4) * np.minimum(1, 5 * time),
    }
    for name, wave in waves.items():
        wave = wave.astype(np.float32)
        wave.tofile(out / f"{name}_{rate}.raw")
        loudness = pyloudnorm.Meter(rate).integrated_loudness(wave.astype(np.float64))
        clips.append([f"{name}_{rate}.raw", rate, loudness, *by_ffmpeg(wave, rate)])
(out / "list.json").write_text(json.dumps(clips))
