"""Prints format, subtype, rate, channels and samples of sound files, one JSON line a file, as the soundfile package reads them."""
import json
import sys

import soundfile

for path in sys.argv[1:]:
    info = soundfile.info(path)
    samples, _ = soundfile.read(path, dtype="float32")
    print(json.dumps([info.format, info.subtype, info.samplerate, info.channels, samples.tolist()]))
