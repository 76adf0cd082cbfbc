"""The kind and size of a PNG file as Pillow sees it; its colours, three bytes a cell, go to a second file."""
import pathlib
import sys

from PIL import Image

image = Image.open(sys.argv[1])
image.load()
pathlib.Path(sys.argv[2]).write_bytes(image.convert("RGB").tobytes())
print(image.mode, *image.size, end="")
