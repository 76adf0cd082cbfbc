"""Python's side of run_state_test.cpp.

check_run_state.py read STATE.pt          compares what torch.load finds with what the test wrote
check_run_state.py rewrite STATE.pt TO.pt loads the state, changes one fact, and saves it as a person would
"""
import json
import sys

import torch

FACTS = {"step": 41, "validation_mel": 0.1 + 0.2, "best": None, "done": False, "seed": 2**64 - 1, "small": -3,
         "name": "ڕۆژ\n\u0000\"", "nested": {"list": [1, [2.5, {}], []], "empty": {}}}


def expected():
    flat = torch.arange(24, dtype=torch.float32)
    numbers = torch.arange(6)
    dtypes = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16,
              "bfloat16": torch.bfloat16, "int64": torch.int64, "int32": torch.int32, "uint8": torch.uint8}
    return {
        "generator": {"a.weight": flat[:12].view(3, 4), "a.bias": flat[12:16], "odd name/\n\u0000'ۆ": flat[16:24]},
        "dtypes": {name: numbers.to(dtype).view(2, 3) for name, dtype in dtypes.items()}
        | {"bool": numbers % 2 == 1, "scalar": torch.tensor(1.25), "empty": torch.zeros(0, 4),
           "turned": flat[:12].view(3, 4).T},
        "ema": {},
    }


def as_text(facts):  # so that True is not 1, and 1 is not 1.0
    return json.dumps(facts, sort_keys=True)


def compare(read):
    wanted = expected()
    assert read.keys() == wanted.keys() | {"facts"}, read.keys()
    for group, tensors in wanted.items():
        assert read[group].keys() == tensors.keys(), (group, read[group].keys())
        for name, value in tensors.items():
            found = read[group][name]
            assert found.dtype == value.dtype and torch.equal(found, value), (group, name, found)
            assert found.untyped_storage().nbytes() == found.nbytes, (group, name, "storage of more than the tensor")
    assert as_text(read["facts"]) == as_text(FACTS), read["facts"]


if sys.argv[1] == "read":
    compare(torch.load(sys.argv[2], weights_only=True))
    compare(torch.load(sys.argv[2], weights_only=True, mmap=True))
else:
    state = torch.load(sys.argv[2], weights_only=True)
    state["facts"]["step"] = 42
    del state["facts"]["seed"]  # more than a signed 64-bit number
    state["generator"]["a.bias"] = state["generator"]["a.weight"].flatten()[:4]  # shares a storage
    torch.save(state, sys.argv[3])
print("equal")
