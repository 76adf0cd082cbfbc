"""Counts what one step of the reference trainer (tests/reference) asks of LibTorch, as src/train/operator_count.cpp counts ours:
kernels are operators that do work and call no other that does. Which of them do none, and which wait, is read from our
source, so that both programs are counted alike. The profiler shows no copy to the
host on a CPU: calls that ask for one are counted where Python makes them.

A step is counted from the batch in hand; fetching it, which is the loader's work, is left out. Prints one JSON line.
"""
import argparse
import collections
import json
import pathlib
import re
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent


def names_in(function):
    """The operators that a function of operator_count.cpp names."""
    source = (ROOT / "src/train/operator_count.cpp").read_text()
    body = re.search(rf"bool {function}\(std::string_view name\) {{\n(.*?)\n}}", source, re.S).group(1)
    return set(re.findall(r'"(aten::\w+)"', body))


class HostCopies:
    """Counts the tensors whose values Python takes to the host, while it lasts."""

    def __enter__(self):
        self.count, self.own = 0, {name: getattr(torch.Tensor, name) for name in ("cpu", "numpy", "tolist")}

        def counted(name):
            def call(tensor, *arguments, **named):
                # Of x.cpu().numpy() the first is the copy; lengths made on the host are there already.
                self.count += name != "numpy" and (name == "tolist" or tensor.requires_grad or tensor.is_floating_point())
                return self.own[name](tensor, *arguments, **named)

            return call

        for name in self.own:
            setattr(torch.Tensor, name, counted(name))
        return self

    def __exit__(self, *_):
        for name, own in self.own.items():
            setattr(torch.Tensor, name, own)


def count(step):
    """What `step()` asks for."""
    idle, waiting = names_in("does_no_work"), names_in("waits")
    kernels, waits, views = collections.Counter(), collections.Counter(), 0
    in_update = collections.Counter()  # clipping and AdamW, which a card does in fewer launches: there they go by lists

    def visit(event, update=False):
        """Whether it worked and whether it waited, what it calls included."""
        nonlocal views
        update |= event.name.startswith(("Optimizer.", "aten::_foreach"))
        inside = [visit(child, update) for child in event.cpu_children]
        worked, waited = any(w for w, _ in inside), any(w for _, w in inside)
        if event.name.startswith("aten::"):
            if not waited and event.name in waiting:
                waits[event.name] += 1
                in_update["waits"] += update
                waited = True
            if not worked and event.name in idle:
                views += 1
            elif not worked:
                kernels[event.name] += 1
                in_update["kernels"] += update
                worked = True
        return worked, waited

    with HostCopies() as copies, torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        step()
    events = profile.events()
    for event in events:
        if event.cpu_parent is None:
            visit(event)
    if copies.count:
        waits["copies to the host"] = copies.count
    return {"kernels_per_step": kernels.total(), "views_per_step": views, "waits_per_step": waits.total(), "waits": dict(waits),
            "in_update": dict(in_update),
            "casts_per_step": sum(event.name == "aten::_to_copy" for event in events),
            "commonest_kernels": dict(kernels.most_common(12))}


def reference_step(options):
    sys.path.insert(0, str(ROOT / "tests/reference"))
    import transformers
    import vits_data as data
    import vits_reference as reference

    transformers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    generator, discriminators, config = reference.load(options.model)
    generator.train(options.dropout)
    clips, _ = data.read_folder(options.data, data.tokenizer_of(options.model), config)
    trainer = reference.Trainer(generator, discriminators, options.device, options.precision)
    loader = data.loader(clips, data.Sampler(clips, options.batch), 0, options.device == "cuda")
    batch = next(iter(loader))
    return lambda: trainer.step(batch.to(options.device))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="fp32")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dropout", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    step = reference_step(options)
    step()  # the optimisers' first step makes their state
    print(json.dumps({"program": "vits_reference", "precision": options.precision, "batch": options.batch, **count(step)}))


if __name__ == "__main__":
    main()
