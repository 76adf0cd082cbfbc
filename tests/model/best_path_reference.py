"""Best paths by the published Cython definition (PyPI monotonic-alignment-search), as batches with random padding.

    best_path_reference.py --out DIR [--cases 10000]

paths.safetensors, batch N: N.score [B, T, F] float32, N.token_lengths and N.frame_lengths [B] int64, N.token_of_frame [B, F]
int16, -1 in the padding. A third of the batches has whole-numbered scores from -2 to 2 (ties everywhere), a tenth sums below
the definition's -1e9. Three more batches are as long as real ones, one of them with 1500 tokens.
"""
import argparse
import pathlib

import numpy as np
from monotonic_alignment_search.core import maximum_path_c
from safetensors.numpy import save_file

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
ap.add_argument("--cases", type=int, default=10000)
a = ap.parse_args()

rng = np.random.default_rng(2)
tensors = {}


def draw_lengths(rows, most_tokens, most_more):
    tokens = rng.integers(1, most_tokens + 1, rows)
    frames = tokens + rng.integers(0, most_more + 1, rows)
    kind = rng.integers(0, 8, rows)
    tokens[kind == 0] = 1
    frames[kind == 1] = tokens[kind == 1]
    one = kind == 2
    tokens[one], frames[one] = 1, 1
    return tokens, np.maximum(tokens, frames)


def add_batch(number, tokens, frames):
    shape = len(tokens), int(tokens.max()) + int(rng.integers(0, 3)), int(frames.max()) + int(rng.integers(0, 3))
    kind = number % 10
    if kind < 3:
        score = rng.integers(-2, 3, shape).astype(np.float32)
    else:
        score = rng.standard_normal(shape, dtype=np.float32) * np.float32(1e9 if kind == 3 else 30) - 20
    path = np.zeros(shape, np.int32)
    maximum_path_c(path, score.copy(), tokens.astype(np.int32), frames.astype(np.int32))
    of_frame = np.where(path.sum(1) > 0, path.argmax(1), -1)
    values = {"score": score, "token_lengths": tokens, "frame_lengths": frames, "token_of_frame": of_frame.astype(np.int16)}
    tensors.update({f"{number}.{k}": np.ascontiguousarray(v) for k, v in values.items()})


number, left = 0, a.cases
for number in range((a.cases + 15) // 16):
    add_batch(number, *draw_lengths(min(16, left), int(rng.integers(1, 26)), int(rng.integers(0, 40))))
    left -= 16
add_batch(number + 1, *draw_lengths(8, 300, 400))
add_batch(number + 4, *draw_lengths(8, 300, 400))
add_batch(number + 5, np.array([1500, 700]), np.array([1800, 1801]))

pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
save_file(tensors, pathlib.Path(a.out) / "paths.safetensors")
