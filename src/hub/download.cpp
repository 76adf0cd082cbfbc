#include "download.h"

#include "hashing.h"
#include "retry.h"
#include "vits/base/append_file.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::hub {

namespace fs = std::filesystem;

namespace {

fs::path incomplete_path(const RemoteFile& file, const CachedRepository& cache) {
  return cache.blob(file.etag).string() + ".incomplete";
}

constexpr const char* kAdvice = "What has come stays there; free the disk or name another place with HF_HUB_CACHE.";

struct MoreThanAnnounced {};

// One request for what is still missing, appended as it comes. Throws Broken when that was not all of it.
Answer receive_rest(Http& http, const std::string& url, const RemoteFile& file, base::AppendFile& part,
                    Attempts& attempts, const Listeners& listeners) {
  const int64_t first_byte = part.bytes();
  bool begun = false;
  const auto take = [&](const Answer& answer, const char* bytes, size_t count) {
    base::throw_if_stopped();
    // A server that knows no ranges starts from the beginning.
    if (!begun && answer.status == 200 && first_byte > 0) part.shorten(0);
    if (!begun && answer.status == 206
        && !answer.header("content-range").starts_with(fmt::format("bytes {}-", first_byte)))
      throw Broken(fmt::format("{} sends another part of the file than was asked for", origin(url)), true);
    begun = true;
    if (part.bytes() + static_cast<int64_t>(count) > file.bytes) throw MoreThanAnnounced();
    part.append(bytes, count);
    attempts.progressed(static_cast<int64_t>(count));
    if (listeners.progress) listeners.progress(file.name, part.bytes(), file.bytes);
  };
  Answer answer = http.get_into(url, first_byte, take);
  if ((answer.status == 200 || answer.status == 206) && part.bytes() < file.bytes)
    throw Broken(fmt::format("the connection ended after {} of {} bytes", part.bytes(), file.bytes), true);
  if (answer.status == 416 && first_byte > 0) {
    part.shorten(0);
    throw Broken(fmt::format("{} cannot continue the file where it stopped, so it starts anew", origin(url)), true);
  }
  return answer;
}

// Until the file has its announced size; throws MoreThanAnnounced when more than that is sent.
void receive(Http& http, const std::string& url, const Repository& repository, const RemoteFile& file,
             base::AppendFile& part, const Settings& settings, const Listeners& listeners) {
  if (part.bytes() > file.bytes) part.shorten(0);
  if (part.bytes() == file.bytes) return;
  Attempts attempts(settings, listeners, file.name);
  const Answer answer = attempts.run([&] { return receive_rest(http, url, file, part, attempts, listeners); });
  if (answer.status != 200 && answer.status != 206) refuse(http, answer, repository, settings);
}

}  // namespace

int64_t missing_bytes(const RemoteFile& file, const CachedRepository& cache) {
  if (fs::exists(cache.blob(file.etag))) return 0;
  std::error_code none;
  const auto has = fs::file_size(incomplete_path(file, cache), none);
  return none || static_cast<int64_t>(has) > file.bytes ? file.bytes : file.bytes - static_cast<int64_t>(has);
}

void download(Http& http, const Repository& repository, const std::string& commit, const RemoteFile& file,
              const CachedRepository& cache, const Settings& settings, const Listeners& listeners) {
  const auto lock = cache.lock(file.etag, listeners);
  const fs::path incomplete = incomplete_path(file, cache);
  const std::string url = file_url(repository, commit, file.name, settings);
  for (int round = 1; !fs::exists(cache.blob(file.etag)) && !cache.holds(commit, file.name); ++round) {
    std::string defect;
    try {
      base::AppendFile part(incomplete, kAdvice);
      receive(http, url, repository, file, part, settings, listeners);
      part.flush();
      if (!has_content(incomplete, file.etag)) defect = "its bytes do not have the hash that the hub names for it";
    } catch (const MoreThanAnnounced&) {
      defect = fmt::format("more came than the {} bytes that the hub names for it", file.bytes);
    }
    if (defect.empty()) {
      fs::rename(incomplete, cache.blob(file.etag));
      break;
    }
    fs::remove(incomplete);
    if (round == 2)
      throw Error(
          "{} of {} came wrong twice: {}. Nothing of it was kept. Try later or another network; a proxy that "
          "changes what passes through it, or a mirror that is out of date, does this.",
          file.name, repository.name, defect);
    if (listeners.notice) listeners.notice(fmt::format("{}: {}; it is downloaded once more", file.name, defect));
  }
  cache.link(commit, file.name, file.etag);
}

}  // namespace vits::hub
