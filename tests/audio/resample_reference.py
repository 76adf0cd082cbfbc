"""Resamples noise below 0.9 of the lower Nyquist frequency with soxr HQ: FROM_TO.in and FROM_TO.out, raw float32, for each
FROM:TO among the arguments."""
import argparse
import pathlib

import numpy as np
import soxr

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
parser.add_argument("pairs", nargs="+")
arguments = parser.parse_args()
arguments.out.mkdir(parents=True)
for pair in arguments.pairs:
    source, target = map(int, pair.split(":"))
    count = source // 2
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(count))
    spectrum[np.fft.rfftfreq(count, 1 / source) > 0.9 * min(source, target) / 2] = 0
    wave = np.fft.irfft(spectrum, count)
    wave = (0.3 * wave / np.abs(wave).max()).astype(np.float32)
    wave.tofile(arguments.out / f"{source}_{target}.in")
    soxr.resample(wave, source, target, "HQ").astype(np.float32).tofile(arguments.out / f"{source}_{target}.out")
