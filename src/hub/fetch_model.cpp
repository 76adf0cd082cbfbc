#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "retry.h"
#include "visit.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/hub/hub.h"

namespace vits::hub {

namespace {

const std::vector<std::string> kRequired{"config.json"};
const std::vector<std::string> kOptional{"vocab.json",        "tokenizer_config.json",    "special_tokens_map.json",
                                         "added_tokens.json", "preprocessor_config.json", "speakers.json"};

// In the order of preference: safetensors opens faster and is no pickle.
const std::vector<std::string> kWholeWeights{"model.safetensors", "pytorch_model.bin"};
const std::vector<std::string> kIndexes{"model.safetensors.index.json", "pytorch_model.bin.index.json"};

// The files that an index of sharded weights names.
std::vector<std::string> shards(const std::filesystem::path& index) {
  const auto json = nlohmann::json::parse(base::read_file(index), nullptr, false);
  std::set<std::string> names;
  if (json.is_object() && json.contains("weight_map") && json["weight_map"].is_object())
    for (const auto& [tensor, file] : json["weight_map"].items())
      if (file.is_string()) names.insert(file.get<std::string>());
  const bool safe = std::all_of(names.begin(), names.end(), is_safe_file_name);
  if (names.empty() || !safe)
    throw Error("{} is no index of sharded weights: it has no usable weight_map.", index.string());
  return {names.begin(), names.end()};
}

// What the cache holds of a voice at a commit.
struct CachedVoice {
  std::filesystem::path folder;
  std::vector<std::string> missing;  // without which it is no voice
  bool complete = false;             // and of all else it is known that the hub has no more
};

std::vector<std::string> missing_weights(const CachedRepository& cache, const std::string& commit) {
  for (size_t kind = 0; kind < kWholeWeights.size(); ++kind) {
    if (cache.holds(commit, kWholeWeights[kind])) return {};
    if (!cache.holds(commit, kIndexes[kind])) continue;
    std::vector<std::string> missing;
    for (const auto& shard : shards(cache.snapshot(commit) / kIndexes[kind]))
      if (!cache.holds(commit, shard)) missing.push_back(shard);
    return missing;
  }
  return {kWholeWeights.front()};
}

CachedVoice look_into(const CachedRepository& cache) {
  const auto commit = cache.commit();
  if (!commit) return {{}, {kRequired.front(), kWholeWeights.front()}, false};
  CachedVoice voice{cache.snapshot(*commit), {}, false};
  for (const auto& name : kRequired)
    if (!cache.holds(*commit, name)) voice.missing.push_back(name);
  for (const auto& name : missing_weights(cache, *commit)) voice.missing.push_back(name);
  voice.complete =
      voice.missing.empty() && std::all_of(kOptional.begin(), kOptional.end(), [&](const std::string& name) {
        return cache.holds(*commit, name) || cache.knows_absent(*commit, name);
      });
  return voice;
}

std::filesystem::path fetch_from_hub(const Repository& repository, const Settings& settings,
                                     const Listeners& listeners) {
  Visit visit(repository, settings, listeners);
  const Listing& listing = visit.listing();
  const auto is_listed = [&](const std::string& name) { return listing.find(name) != nullptr; };
  std::string weights;
  for (size_t kind = 0; kind < kWholeWeights.size() && weights.empty(); ++kind)
    for (const auto& name : {kWholeWeights[kind], kIndexes[kind]})
      if (weights.empty() && is_listed(name)) weights = name;
  if (weights.empty() || !std::all_of(kRequired.begin(), kRequired.end(), is_listed)) {
    std::vector<std::string> some;
    for (const auto& file : listing.files)
      if (some.size() < 8) some.push_back(file.name);
    throw Error(
        "{} is no voice in Hugging Face's layout: config.json and model.safetensors (or pytorch_model.bin) are needed, "
        "it "
        "has {}{}. Look at {}.",
        repository.name, some.empty() ? "no files" : fmt::format("{}", fmt::join(some, ", ")),
        listing.files.size() > some.size() ? ", ..." : "", page(repository, settings));
  }
  std::vector<std::string> names = kRequired;
  names.insert(names.end(), kOptional.begin(), kOptional.end());
  names.push_back(weights);
  visit.fetch(names);
  if (weights.ends_with(".index.json")) {
    const auto parts = shards(visit.folder() / weights);
    for (const auto& name : parts)
      if (!is_listed(name)) throw Error("{} names {} in {} and does not have it.", repository.name, name, weights);
    visit.fetch(parts);
  }
  return visit.finish();
}

}  // namespace

std::filesystem::path fetch_model(std::string_view name, const Settings& settings, const Listeners& listeners) {
  const Repository repository = parse_repository(name, Kind::model);
  const CachedRepository cache(settings, repository);
  const CachedVoice cached = look_into(cache);
  if (cached.complete && !settings.refresh) return cached.folder;
  try {
    if (settings.offline) throw Trouble("HF_HUB_OFFLINE is set, so {} is not asked", settings.endpoint);
    return fetch_from_hub(repository, settings, listeners);
  } catch (const Trouble& trouble) {
    if (!cached.missing.empty())
      throw Error(
          "{}: {}. The cache {} does not hold it either (no {}): fetch it on another machine and copy its folder {} "
          "there, "
          "or name a folder with config.json, vocab.json and model.safetensors.",
          repository.name, without_full_stop(trouble.what()), settings.cache_folder.string(),
          fmt::join(cached.missing, ", "), cache.folder().filename().string());
    // Offline is what the person asked for, so there is nothing to tell.
    if (listeners.notice && !settings.offline)
      listeners.notice(
          fmt::format("{}; {} is used as the cache holds it", without_full_stop(trouble.what()), repository.name));
    return cached.folder;
  }
}

}  // namespace vits::hub
