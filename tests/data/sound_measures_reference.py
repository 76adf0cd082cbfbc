#!/usr/bin/env python3
"""The measures of recordings by their definitions in NumPy: a JSON object a WAV file, in the order of the arguments."""
import json
import sys

import numpy as np
import soundfile


def bandwidth(wave, rate):
    length = 1 << int(np.log2(0.065 * rate))
    window = np.hanning(length + 1)[:-1]
    pieces = [wave[i : i + length] for i in range(0, len(wave) - length + 1, length // 2)]
    power = np.mean([np.abs(np.fft.rfft(p * window)) ** 2 for p in pieces], axis=0)
    padded = np.pad(power, 2)
    width = np.convolve(np.pad(np.ones_like(power), 2), np.ones(5), "valid")
    smooth = np.convolve(padded, np.ones(5), "valid") / width
    top = smooth[int(80 * length / rate) :].max()
    return np.nonzero(smooth > 1e-6 * top)[0].max() * rate / length


def main():
    for path in sys.argv[1:]:
        wave, rate = soundfile.read(path)
        size = np.abs(wave)
        flat = (size[1:] >= 0.9 * size.max()) & (np.abs(np.diff(wave)) <= 1.01 / 32768)
        print(json.dumps({
            "peak_dbfs": 20 * np.log10(size.max()), "flat_samples": int(flat.sum()), "bandwidth_hz": bandwidth(wave, rate),
        }))  # fmt: skip


if __name__ == "__main__":
    main()
