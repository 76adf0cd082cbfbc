"""One record of a zip file, as Python's zipfile and PyTorch's own reader find it: read_zip_record.py FILE FOLDER/NAME"""
import sys
import zipfile

import torch

path, name = sys.argv[1:]
with zipfile.ZipFile(path) as file:
    ours = file.read(name).decode()
print(ours, torch._C.PyTorchFileReader(path).get_record(name.split("/", 1)[1]).decode())
