"""Reads a trace as a viewer does and holds its events against those that torch.profiler writes."""
import json
import pathlib
import sys
import tempfile

import torch

trace = json.loads(pathlib.Path(sys.argv[1]).read_text())
with tempfile.TemporaryDirectory() as folder:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        torch.ones(4).square()
    profile.export_chrome_trace(f"{folder}/torch.json")
    theirs = json.loads(pathlib.Path(f"{folder}/torch.json").read_text())

complete = {kind: [event for event in events["traceEvents"] if event["ph"] == "X"] for kind, events in (("ours", trace), ("theirs", theirs))}
wanted = set.intersection(*(set(event) for event in complete["theirs"]))
named = [event for event in trace["traceEvents"] if event["ph"] == "M" and event["name"] in ("process_name", "thread_name")]
missing = sorted({key for event in complete["ours"] for key in wanted - set(event) - {"args"}} | set(theirs) & {"traceEvents", "schemaVersion"} - set(trace))

# A viewer nests what lies within; what lies half within is torn.
paths, torn, open_spans = [], [], []
for event in sorted(complete["ours"], key=lambda event: (event["ts"], -event["dur"])):
    begin, end = round(1000 * event["ts"]), round(1000 * (event["ts"] + event["dur"]))
    while open_spans and open_spans[-1][1] <= begin:
        open_spans.pop()
    if open_spans and end > open_spans[-1][1]:
        torn.append(event["name"])
    open_spans.append((event["name"], end))
    paths.append(" > ".join(name for name, _ in open_spans))
print(json.dumps({"missing_keys": missing, "torn": torn, "paths": paths, "names": len(named),
                  "seconds_of_steps": sum(event["dur"] for event in complete["ours"] if event["cat"] == "step") / 1e6}))
