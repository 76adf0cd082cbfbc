"""Speaks token ids with transformers and writes each waveform as float32.

    transformers_speech.py CASES.json

where CASES.json is a list of objects: folder, ids, seed, noise_scale, noise_scale_duration, speed, speaker_id, out.
"""
import json
import sys

import numpy as np
import torch
from transformers import VitsModel

for case in json.load(open(sys.argv[1], encoding="utf-8")):
    model = VitsModel.from_pretrained(case["folder"]).eval()
    model.noise_scale, model.noise_scale_duration = case["noise_scale"], case["noise_scale_duration"]
    model.speaking_rate = model.config.speaking_rate * case["speed"]
    torch.manual_seed(case["seed"])
    with torch.no_grad():
        speaker_id = case["speaker_id"] if model.config.num_speakers > 1 else None
        waveform = model(input_ids=torch.tensor([case["ids"]]), speaker_id=speaker_id).waveform[0]
    np.asarray(waveform, dtype="<f4").tofile(case["out"])
