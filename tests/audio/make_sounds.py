"""Writes a tone of 440 Hz in every kind of sound file that the soundfile package and ffmpeg write, and list.json, which says
of each: file, rate, channels, seconds, amplitude of the mean of its channels, and what we are to call it."""
import argparse
import json
import pathlib
import subprocess

import numpy as np
import soundfile

SECONDS, AMPLITUDE = 1.0, 0.5


def tone(rate, channels):
    wave = AMPLITUDE * np.sin(2 * np.pi * 440 * np.arange(round(rate * SECONDS)) / rate)
    return np.stack([wave / (1 + channel) for channel in range(channels)], axis=1)


def mean_amplitude(channels):
    return AMPLITUDE * sum(1 / (1 + channel) for channel in range(channels)) / channels


parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
out = parser.parse_args().out
out.mkdir(parents=True)
sounds = []


def note(name, rate, channels, kind):
    sounds.append([name, rate, channels, SECONDS, mean_amplitude(channels), kind])


def by_soundfile(name, rate, channels, container, codec, kind):
    soundfile.write(out / name, tone(rate, channels), rate, format=container, subtype=codec)
    note(name, rate, channels, kind)


def by_ffmpeg(name, rate, channels, arguments, kind):
    soundfile.write(out / "source.wav", tone(rate, channels), rate, subtype="PCM_16")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", out / "source.wav", *arguments.split(), out / name], check=True)
    (out / "source.wav").unlink()
    note(name, rate, channels, kind)


for codec, kind in {"PCM_U8": "8-bit", "PCM_16": "16-bit", "PCM_24": "24-bit", "PCM_32": "32-bit", "FLOAT": "float",
                    "DOUBLE": "double", "ALAW": "A-law", "ULAW": "u-law", "IMA_ADPCM": "IMA ADPCM",
                    "MS_ADPCM": "MS ADPCM"}.items():
    by_soundfile(f"wav_{codec.lower()}.wav", 16000, 1, "WAV", codec, f"WAV, {kind}")
by_soundfile("extensible.wav", 22050, 2, "WAVEX", "PCM_16", "WAV, 16-bit")
by_soundfile("rf64.wav", 22050, 2, "RF64", "PCM_24", "WAV, 24-bit")
by_soundfile("wave64.w64", 22050, 1, "W64", "PCM_16", "Wave64, 16-bit")
for rate in (4000, 7350, 11025, 44100, 48000, 96000, 192000):
    by_soundfile(f"rate_{rate}.wav", rate, 1, "WAV", "PCM_16", "WAV, 16-bit")
for channels in (2, 6, 64):
    by_soundfile(f"channels_{channels}.wav", 8000, channels, "WAV", "PCM_16", "WAV, 16-bit")
by_soundfile("a.flac", 44100, 2, "FLAC", "PCM_16", "FLAC, 16-bit")
by_soundfile("b.flac", 48000, 1, "FLAC", "PCM_24", "FLAC, 24-bit")
by_soundfile("a.ogg", 44100, 2, "OGG", "VORBIS", "OGG Vorbis")
by_soundfile("a.opus", 48000, 1, "OGG", "OPUS", "Opus")
by_soundfile("phone.opus", 8000, 1, "OGG", "OPUS", "Opus")
by_soundfile("a.mp3", 48000, 1, "MP3", "MPEG_LAYER_III", "MP3")
by_soundfile("stereo.mp3", 22050, 2, "MP3", "MPEG_LAYER_III", "MP3")
by_soundfile("a.aiff", 44100, 2, "AIFF", "PCM_16", "AIFF, 16-bit")
by_soundfile("float.aiff", 22050, 1, "AIFF", "FLOAT", "AIFF, float")
by_soundfile("a.au", 8000, 1, "AU", "ULAW", "AU, u-law")
by_soundfile("a.caf", 44100, 1, "CAF", "PCM_16", "CAF, 16-bit")
by_ffmpeg("variable.mp3", 44100, 2, "-q:a 5", "MP3")
by_ffmpeg("tagged.mp3", 44100, 1, "-metadata title=t -id3v2_version 3", "MP3")
by_ffmpeg("a.m4a", 44100, 2, "-c:a aac -b:a 96k", "M4A or MP4")
by_ffmpeg("start.mp4", 48000, 1, "-c:a aac -movflags +faststart", "M4A or MP4")
by_ffmpeg("a.aac", 44100, 1, "-c:a aac", "AAC")
by_ffmpeg("a.webm", 48000, 2, "-c:a libopus", "WebM or Matroska")
by_ffmpeg("a.mka", 22050, 1, "-c:a libmp3lame", "WebM or Matroska")
by_ffmpeg("a.wma", 44100, 1, "-c:a wmav2", "WMA")
by_ffmpeg("a.spx", 16000, 1, "-c:a libspeex", "Ogg")
by_ffmpeg("piped.wav", 16000, 1, "-bitexact", "WAV, 16-bit")

# The same content under names that say otherwise.
for name, copy in {"a.mp3": "mp3_inside.wav", "wav_pcm_16.wav": "wav_inside.mp3", "a.m4a": "m4a_inside.ogg",
                   "a.flac": "no_extension"}.items():
    (out / copy).write_bytes((out / name).read_bytes())
    sounds.append([copy, *next(sound for sound in sounds if sound[0] == name)[1:]])

# What a program that writes into a pipe puts for sizes that it does not know.
piped = bytearray((out / "piped.wav").read_bytes())
piped[4:8] = piped[40:44] = b"\xff\xff\xff\xff"
(out / "piped.wav").write_bytes(piped)

soundfile.write(out / "slow.wav", tone(3999, 1), 3999, subtype="PCM_16")
soundfile.write(out / "fast.wav", tone(192001, 1), 192001, subtype="PCM_16")
soundfile.write(out / "channels_65.wav", tone(8000, 65), 8000, subtype="PCM_16")
subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=size=64x64:duration=1", out / "silent_film.mp4"], check=True)
(out / "list.json").write_text(json.dumps(sounds))
