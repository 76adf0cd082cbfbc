"""What the tensorboard package finds in a folder of event files, as JSON: by kind and tag, lists of [step, ...]."""
import io
import json
import sys
import wave

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = EventAccumulator(sys.argv[1], size_guidance={kind: 0 for kind in ("scalars", "images", "audio", "tensors")})
run.Reload()
tags = run.Tags()


def picture(event):
    image = Image.open(io.BytesIO(event.encoded_image_string))
    assert image.size == (event.width, event.height), (image.size, event.width, event.height)
    return [event.step, event.width, event.height, image.convert("RGB").tobytes().hex()]


def sound(event):
    with wave.open(io.BytesIO(event.encoded_audio_string)) as file:
        assert file.getnframes() == event.length_frames and file.getframerate() == event.sample_rate
        assert event.content_type == "audio/wav"
        return [event.step, event.sample_rate, file.readframes(event.length_frames).hex()]


def text(tag, event):
    assert run.SummaryMetadata(tag).plugin_data.plugin_name == "text"
    return [event.step, event.tensor_proto.string_val[0].decode()]


json.dump({"scalars": {tag: [[e.step, repr(e.value)] for e in run.Scalars(tag)] for tag in tags["scalars"]},
           "images": {tag: [picture(e) for e in run.Images(tag)] for tag in tags["images"]},
           "audio": {tag: [sound(e) for e in run.Audio(tag)] for tag in tags["audio"]},
           "texts": {tag: [text(tag, e) for e in run.Tensors(tag)] for tag in tags["tensors"]}}, sys.stdout)
