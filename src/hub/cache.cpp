#include "cache.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::hub {

namespace fs = std::filesystem;

namespace {

constexpr int kTreeVersion = 1;  // of trees/COMMIT.json, as huggingface_hub 2 writes it

std::string folder_name(const Repository& repository) {
  std::string name = repository.name;
  name.replace(name.find('/'), 1, "--");
  return (repository.kind == Kind::model ? "models--" : "datasets--") + name;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error("cannot make the folder {}: {}. Name another place for downloads with HF_HUB_CACHE.", folder.string(),
                error.message());
}

// Tells programs that back up a disk that this folder can be made again (bford.info/cachedir).
void mark_as_cache(const fs::path& folder) {
  const fs::path mark = folder / "CACHEDIR.TAG";
  if (!fs::exists(mark)) base::write_file(mark, "Signature: 8a477f597d28d172789f06886806bc55\n");
}

}  // namespace

bool is_safe_file_name(const std::string& name) {
  if (name.empty() || name.find('\\') != std::string::npos || name.find('\0') != std::string::npos) return false;
  size_t start = 0;
  for (;;) {
    const size_t end = name.find('/', start);
    const std::string part = name.substr(start, end == std::string::npos ? end : end - start);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == std::string::npos) return true;
    start = end + 1;
  }
}

bool is_safe_word(const std::string& word) {
  return !word.empty() && word.size() <= 128 && word.front() != '.'
         && std::all_of(word.begin(), word.end(), [](unsigned char letter) {
              return std::isalnum(letter) || letter == '-' || letter == '_' || letter == '.';
            });
}

bool is_commit(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

CachedRepository::CachedRepository(const Settings& settings, const Repository& repository)
    : cache_(settings.cache_folder),
      folder_(cache_ / folder_name(repository)),
      revision_(repository.revision),
      links_(settings.links) {}

fs::path CachedRepository::snapshot(const std::string& commit) const { return folder_ / "snapshots" / commit; }

fs::path CachedRepository::blob(const std::string& etag) const { return folder_ / "blobs" / etag; }

std::optional<std::string> CachedRepository::commit() const {
  std::string commit = revision_;
  const fs::path reference = folder_ / "refs" / revision_;
  if (!is_commit(commit) && fs::is_regular_file(reference)) {
    commit = base::read_file(reference, 4096);
    while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back()))) commit.pop_back();
  }
  if (!is_commit(commit) || !fs::is_directory(snapshot(commit))) return std::nullopt;
  return commit;
}

bool CachedRepository::holds(const std::string& commit, const std::string& file) const {
  return fs::is_regular_file(snapshot(commit) / file);  // follows the link: one that leads nowhere holds nothing
}

bool CachedRepository::knows_absent(const std::string& commit, const std::string& file) const {
  if (fs::exists(folder_ / ".no_exist" / commit / file)) return true;
  const auto all = listing(commit);
  return all && !all->count(file);
}

std::vector<std::string> CachedRepository::files(const std::string& commit) const {
  std::vector<std::string> names;
  const fs::path root = snapshot(commit);
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(root).generic_string());
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::set<std::string>> CachedRepository::listing(const std::string& commit) const {
  const fs::path file = folder_ / "trees" / (commit + ".json");
  if (!fs::is_regular_file(file)) return std::nullopt;
  const auto json = nlohmann::json::parse(base::read_file(file), nullptr, false);
  if (!json.is_object() || json.value("format_version", 0) != kTreeVersion || !json.contains("files"))
    return std::nullopt;
  std::set<std::string> names;
  for (const auto& [name, value] : json["files"].items()) names.insert(name);
  return names;
}

void CachedRepository::link(const std::string& commit, const std::string& file, const std::string& etag) const {
  const fs::path place = snapshot(commit) / file, target = blob(etag);
  if (holds(commit, file) && (!fs::exists(target) || fs::equivalent(place, target))) return;
  make_folder(place.parent_path());
  if (links_ && base::write_link(place, target.lexically_relative(place.parent_path()))) return;
  std::error_code error;
  fs::rename(target, place, error);
  if (error) throw Error("cannot put {} into {}: {}.", file, snapshot(commit).string(), error.message());
}

void CachedRepository::remember_absent(const std::string& commit, const std::string& file) const {
  const fs::path mark = folder_ / ".no_exist" / commit / file;
  if (!fs::exists(mark)) base::write_file(mark, "");
}

void CachedRepository::remember_listing(const std::string& commit, const nlohmann::json& files) const {
  const nlohmann::json tree{{"format_version", kTreeVersion}, {"files", files}};
  base::write_file(folder_ / "trees" / (commit + ".json"), tree.dump(1));
}

void CachedRepository::remember_commit(const std::string& commit) const {
  const fs::path reference = folder_ / "refs" / revision_;
  if (revision_ == commit || (fs::exists(reference) && base::read_file(reference, 4096) == commit)) return;
  base::write_file(reference, commit);
}

std::unique_ptr<base::LockFile> CachedRepository::lock(const std::string& etag, const Listeners& listeners) const {
  const fs::path folder = cache_ / ".locks" / folder_.filename(), file = folder / (etag + ".lock");
  make_folder(folder);
  make_folder(folder_ / "blobs");
  mark_as_cache(cache_);
  return std::make_unique<base::LockFile>(file, [&] {
    if (listeners.notice)
      listeners.notice(
          fmt::format("waiting for another program that downloads the same file (lock {})", file.string()));
  });
}

}  // namespace vits::hub
