"""What huggingface_hub sees of a cache: download into it, or find what is there without the network.

    interop.py download|find|partial --endpoint URL --cache FOLDER --name OWNER/NAME [--kind model|dataset]

Prints JSON on standard output: {"snapshot": path, "files": {name: sha256}, ...}.
"""
import argparse
import hashlib
import json
import os
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("task", choices=["download", "find", "partial"])
parser.add_argument("--endpoint", required=True)
parser.add_argument("--cache", type=pathlib.Path, required=True)
parser.add_argument("--name", required=True)
parser.add_argument("--kind", default="model")
arguments = parser.parse_args()

# Read by huggingface_hub when it is imported. Xet is another protocol than HTTP, which the test's server does not speak.
os.environ.update(HF_ENDPOINT=arguments.endpoint, HF_HUB_CACHE=str(arguments.cache), HF_HOME=str(arguments.cache.parent / "home"),
                  HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1",
                  NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
import huggingface_hub  # noqa: E402

target = dict(repo_id=arguments.name, repo_type=arguments.kind)


def report(snapshot):
    folder = pathlib.Path(snapshot)
    files = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in sorted(folder.rglob("*")) if path.is_file()}
    return {"snapshot": str(folder), "files": files}


if arguments.task == "download":
    result = report(huggingface_hub.snapshot_download(**target))
elif arguments.task == "partial":  # what a program that needs one file leaves
    result = {"file": huggingface_hub.hf_hub_download(filename="config.json", **target)}
else:
    patterns = ["*.json", "*.safetensors"]
    result = report(huggingface_hub.snapshot_download(local_files_only=True, allow_patterns=patterns, **target))
    result["one"] = huggingface_hub.hf_hub_download(filename="config.json", local_files_only=True, **target)
    absent = huggingface_hub.try_to_load_from_cache(filename="speakers.json", **target)
    result["knows_absent"] = absent is huggingface_hub.file_download._CACHED_NO_EXIST
    # Online, it must be content with the blobs that are there.
    result["online"] = huggingface_hub.hf_hub_download(filename="config.json", **target)
    scan = huggingface_hub.scan_cache_dir(arguments.cache)
    result["warnings"] = [str(warning) for warning in scan.warnings]
    result["repositories"] = [
        {"name": repository.repo_id, "kind": repository.repo_type, "refs": sorted(repository.refs), "bytes": repository.size_on_disk}
        for repository in scan.repos]
print(json.dumps(result))
