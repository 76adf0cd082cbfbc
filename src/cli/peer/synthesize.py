"""transformers' side of `vits-train benchmark synthesize`: loads a voice, then speaks on demand and says how long it took.

    python -c SCRIPT FOLDER IDS.json THREADS

IDS.json is a list of lists of token ids. Orders come as lines on standard input, each is answered by one JSON line:
    one N         speak sentence N alone
    file          speak all sentences, one after the other
    padded SIZE   speak all sentences in batches of SIZE of similar length, padded
"""
import json
import platform
import sys
import time

import torch
import transformers
from transformers import VitsModel

folder, ids_file, threads = sys.argv[1:4]
torch.set_num_threads(int(threads))
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
model = VitsModel.from_pretrained(folder, dtype=torch.float32).eval()
sentences = json.load(open(ids_file, encoding="utf-8"))


def speak(rows):
    """Samples of speech in a batch of sentences; padding is not counted."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    speaker = 0 if model.config.num_speakers > 1 else None
    spoken = model(input_ids=ids, attention_mask=mask, speaker_id=speaker)
    return int(spoken.sequence_lengths.sum())


def timed(batches):
    torch.manual_seed(0)
    start = time.perf_counter()
    samples = sum(speak(rows) for rows in batches)
    return {"seconds": time.perf_counter() - start, "samples": samples}


def answer(value):
    print(json.dumps(value), flush=True)


with torch.no_grad():
    answer({"versions": f"transformers {transformers.__version__}, torch {torch.__version__}, Python {platform.python_version()}"})
    for line in sys.stdin:
        order, *number = line.split()
        if order == "one":
            answer(timed([[sentences[int(number[0])]]]))
        elif order == "file":
            answer(timed([row] for row in sentences))
        else:
            size = int(number[0])
            by_length = sorted(sentences, key=len)
            answer(timed(by_length[i : i + size] for i in range(0, len(by_length), size)))
