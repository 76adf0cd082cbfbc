#include "voice_source.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "vits/base/error.h"
#include "vits/checkpoint/original_layout.h"
#include "vits/checkpoint/run_state.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/pickle.h"
#include "vits/formats/safetensors.h"
#include "weight_names.h"

namespace vits::checkpoint {

namespace fs = std::filesystem;
using formats::FileKind;
using formats::Json;
using formats::TensorMap;

namespace {

constexpr const char* kWeightFiles[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                        "pytorch_model.bin.index.json"};
constexpr std::string_view kDiscriminatorPrefix = "discriminator.";

bool holds_weights(FileKind kind) {
  return kind == FileKind::safetensors || kind == FileKind::torch_zip || kind == FileKind::torch_legacy;
}

// Regular files of a folder whose content is of a kind that `wanted` accepts, by name.
template <class Wanted>
std::vector<fs::path> files_of_kind(const fs::path& folder, Wanted wanted) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.file_size() > 0 && wanted(formats::file_kind(entry.path())))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string names_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.filename().string());
  return listed(names);
}

// G_*.pth or D_*.pth by the number in its name.
std::map<int64_t, fs::path> numbered(const fs::path& folder, char letter) {
  std::map<int64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.size() < 7 || name[0] != letter || name[1] != '_' || !name.ends_with(".pth")) continue;
    int64_t number = 0;
    const char* end = name.data() + name.size() - 4;
    if (std::from_chars(name.data() + 2, end, number).ptr == end) found[number] = entry.path();
  }
  return found;
}

bool is_original_config(const Json& config) {
  return config.is_object() && config.contains("model") && config.contains("data");
}

VoiceSource in_folder(const fs::path& folder) {
  VoiceSource source;
  source.folder = folder;
  if (!fs::exists(folder / "config.json")) {
    const auto archives = files_of_kind(folder, [](FileKind kind) { return kind == FileKind::torchscript; });
    if (archives.empty())
      throw Error("{} holds no config.json and no TorchScript archive: it is no voice's folder.", folder.string());
    if (archives.size() > 1)
      throw Error("{} holds several TorchScript archives: {}. Name one of them.", folder.string(), names_of(archives));
    source.kind = VoiceKind::torchscript;
    source.weights = archives.front();
    return source;
  }
  if (is_original_config(formats::read_json(folder / "config.json"))) {
    source.kind = VoiceKind::original;
    const auto generators = numbered(folder, 'G');
    if (generators.empty())
      throw Error("{} has the config.json of an original VITS, but no G_*.pth beside it.", folder.string());
    source.weights = generators.rbegin()->second;
    if (const auto judges = numbered(folder, 'D'); !judges.empty()) {
      const auto same = judges.find(generators.rbegin()->first);
      source.discriminator_weights = same != judges.end() ? same->second : judges.rbegin()->second;
    }
    return source;
  }
  for (const char* name : kWeightFiles)
    if (fs::exists(folder / name)) {
      source.weights = folder / name;
      return source;
    }
  const auto others = files_of_kind(folder, holds_weights);
  if (others.empty())
    throw Error("{} has a config.json, but no weights: neither {}, nor another file of tensors.", folder.string(),
                fmt::join(kWeightFiles, ", "));
  if (others.size() > 1)
    throw Error("{} holds several files of tensors: {}. Name one of them.", folder.string(), names_of(others));
  source.weights = others.front();
  return source;
}

// A dictionary of tensors, or the one of that kind inside a training checkpoint.
TensorMap tensors_of(const formats::PickleValue& root, const fs::path& path) {
  for (const char* key : {"model", "state_dict"})
    if (const auto inner = root.find(key); inner && inner->is(formats::PickleValue::Kind::dictionary))
      return inner->tensors();
  TensorMap tensors = root.tensors();
  if (tensors.empty()) throw Error("{} holds no tensors by name, so it is no voice.", path.string());
  return tensors;
}

// An index of pickled shards; formats reads the one of safetensors itself.
TensorMap read_sharded_pickles(const fs::path& index, std::vector<fs::path>& files) {
  const Json json = formats::read_json(index);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw Error("{} has no weight_map, so it names no shards.", index.string());
  std::map<std::string, std::vector<std::string>> names;  // by shard
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string() || fs::path(shard.get<std::string>()).filename() != shard.get<std::string>())
      throw Error("{}: the shard of {} is {}, but must be a file beside the index.", index.string(), name,
                  shard.dump());
    names[shard.get<std::string>()].push_back(name);
  }
  TensorMap all;
  for (const auto& [shard, promised] : names) {
    const fs::path path = index.parent_path() / shard;
    const TensorMap tensors = tensors_of(formats::read_torch_file(path), path);
    files.push_back(path);
    for (const auto& name : promised) {
      const auto found = tensors.find(name);
      if (found == tensors.end())
        throw Error("{} lacks the tensor {} that {} promises.", path.string(), name, index.string());
      all.insert(*found);
    }
  }
  return all;
}

TensorMap stripped(const TensorMap& tensors, std::string_view prefix) {
  TensorMap found;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
  return found;
}

// The weights that a run would give out, and the files of its voice as facts["voice"] holds them.
RawVoice read_run_voice(const fs::path& path) {
  RunState run = read_run_state(path);
  RawVoice raw;
  raw.files.push_back(path);
  raw.generator = current_names(run.groups["generator"]);
  raw.averaged = run.groups.contains("generator_average");
  for (const auto& [name, tensor] : current_names(run.groups["generator_average"])) raw.generator[name] = tensor;
  raw.discriminators = current_names(run.groups["discriminators"]);
  if (const auto voice = run.facts.find("voice"); voice != run.facts.end() && voice->is_object())
    for (const auto& [name, document] : voice->items())
      if (!document.is_null()) raw.extra_files[name + ".json"] = document.dump();
  return raw;
}

}  // namespace

VoiceSource locate_voice(const fs::path& path) {
  if (!fs::exists(path)) throw Error("{}: there is no such file or folder.", path.string());
  if (fs::is_directory(path)) return in_folder(path);

  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const FileKind kind = formats::file_kind(path);
  VoiceSource source;
  source.folder = folder;
  source.weights = path;
  if (kind == FileKind::torchscript) {
    source.kind = VoiceKind::torchscript;
    return source;
  }
  if (is_run_state(path)) {
    source.kind = VoiceKind::run;
    return source;
  }
  if (path.filename() == "config.json") return in_folder(folder);
  const bool is_index = path.filename().string().ends_with(".index.json");
  if (!holds_weights(kind) && !is_index)
    throw Error("{} is a {}; a voice is a folder, a TorchScript archive or a file of tensors.", path.string(),
                formats::name_of(kind));
  if (!fs::exists(folder / "config.json"))
    throw Error("{} is a {}, but no config.json stands beside it, so its network is not known.", path.string(),
                formats::name_of(kind));
  if (is_original_config(formats::read_json(folder / "config.json"))) {
    source.kind = VoiceKind::original;
    for (const auto& [number, generator] : numbered(folder, 'G'))
      if (const auto judges = numbered(folder, 'D'); generator.filename() == path.filename() && judges.contains(number))
        source.discriminator_weights = judges.at(number);
  }
  return source;
}

TensorMap read_weight_file(const fs::path& path, std::vector<fs::path>& files) {
  const std::string name = path.filename().string();
  if (name.ends_with(".safetensors.index.json")) {
    const Json index = formats::read_json(path);
    TensorMap tensors = formats::read_sharded_safetensors(path);
    for (const auto& shard : index["weight_map"])
      if (const fs::path file = path.parent_path() / shard.get<std::string>();
          std::find(files.begin(), files.end(), file) == files.end())
        files.push_back(file);
    return tensors;
  }
  if (name.ends_with(".index.json")) return read_sharded_pickles(path, files);
  files.push_back(path);
  switch (const FileKind kind = formats::file_kind(path); kind) {
    case FileKind::safetensors:
      return formats::read_safetensors(path);
    case FileKind::torch_zip:
    case FileKind::torch_legacy:
      return tensors_of(formats::read_torch_file(path), path);
    case FileKind::torchscript:
      return formats::read_torchscript(path).tensors;
    default:
      throw Error("{} is a {}, which holds no tensors.", path.string(), formats::name_of(kind));
  }
}

bool in_one_file(const VoiceSource& source) {
  return source.kind == VoiceKind::torchscript || source.kind == VoiceKind::run;
}

RawVoice read_raw_voice(const VoiceSource& source) {
  if (source.kind == VoiceKind::run) return read_run_voice(source.weights);
  RawVoice raw;
  if (source.kind == VoiceKind::original) {
    raw.generator = generator_from_original(read_weight_file(source.weights, raw.files));
    if (source.discriminator_weights)
      raw.discriminators = discriminators_from_original(read_weight_file(*source.discriminator_weights, raw.files));
    return raw;
  }
  TensorMap all;
  if (source.kind == VoiceKind::torchscript) {
    auto archive = formats::read_torchscript(source.weights);
    raw.files.push_back(source.weights);
    raw.extra_files = std::move(archive.extra_files);
    // scripts/convert_to_torchscript.py puts the voice into a module `model` beside `discriminator`.
    for (const auto& [name, tensor] : archive.tensors)
      all[name.starts_with("model.") ? name.substr(std::string_view("model.").size()) : name] = tensor;
  } else {
    all = read_weight_file(source.weights, raw.files);
  }
  all = current_names(all);
  raw.discriminators = stripped(all, kDiscriminatorPrefix);
  std::erase_if(all, [](const auto& entry) { return entry.first.starts_with(kDiscriminatorPrefix); });
  raw.generator = std::move(all);
  return raw;
}

Json read_document(const VoiceSource& source, const RawVoice& raw, const std::string& name) {
  if (in_one_file(source)) {
    const auto found = raw.extra_files.find(name);
    return found == raw.extra_files.end() || found->second.empty()
               ? Json()
               : formats::parse_json(found->second, source.weights.string() + ":" + name);
  }
  const fs::path path = source.folder / name;
  return fs::exists(path) ? formats::read_json(path) : Json();
}

}  // namespace vits::checkpoint
