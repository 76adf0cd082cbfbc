#include "listing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cache.h"
#include "retry.h"

namespace vits::hub {

namespace {

using Json = nlohmann::json;

std::string api_kind(const Repository& repository) { return repository.kind == Kind::model ? "models" : "datasets"; }

// W/"abc" and "abc" are abc.
std::string bare(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  std::erase(etag, '"');
  return etag;
}

[[noreturn]] void not_a_hub(const std::string& url, const std::string& why) {
  throw Trouble(
      "{} does not answer like a model hub ({}). Is HF_ENDPOINT right, and does no proxy or log-in page answer "
      "in its place?",
      shown(url), why);
}

RemoteFile remote_file(const Json& sibling) {
  RemoteFile file;
  file.name = sibling.at("rfilename").get<std::string>();
  file.git_etag = sibling.value("blobId", "");
  if (const auto lfs = sibling.find("lfs"); lfs != sibling.end() && lfs->is_object()) {
    file.etag = lfs->value("sha256", "");
    file.bytes = lfs->value("size", int64_t{-1});
  } else {
    file.etag = file.git_etag;
    file.bytes = sibling.value("size", int64_t{-1});
  }
  if (!is_safe_word(file.etag) || file.bytes < 0) file = {file.name, "", -1, ""};
  return file;
}

constexpr std::string_view kMms = "facebook/mms-tts-";

// The hub's names for the same language, "facebook/mms-tts-urd-script_arabic" for "facebook/mms-tts-urd". A courtesy:
// what goes wrong here must not hide the error that it explains.
std::vector<std::string> names_of_that_language(Http& http, const Repository& repository, const Settings& settings) {
  const std::string code = repository.name.substr(kMms.size(), repository.name.find('-', kMms.size()) - kMms.size());
  std::vector<std::string> names;
  try {
    const Answer answer = http.get(
        settings.endpoint + "/api/models?author=facebook&limit=20&search=" + escaped("mms-tts-" + code, false));
    const Json json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_array()) return names;
    for (const auto& model : json) {
      const auto name = model.is_object() ? model.value("id", "") : "";
      if (name.starts_with(std::string(kMms) + code) && looks_like_hub_name(name)) names.push_back(name);
    }
  } catch (const Broken&) {
  } catch (const Json::exception&) {
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string mms_advice(Http& http, const Repository& repository, const Settings& settings) {
  if (repository.kind != Kind::model || !repository.name.starts_with(kMms)) return {};
  const auto names = names_of_that_language(http, repository, settings);
  if (!names.empty()) return fmt::format(" The hub has {}.", fmt::join(names, " and "));
  return fmt::format(
      " MMS voices are named after the language's three letters of ISO 639-3 (kmr, not ku), some with the script "
      "behind "
      "them, as in facebook/mms-tts-urd-script_arabic or facebook/mms-tts-kmr-script_latin; look for yours at "
      "{}/models?search=mms-tts.",
      settings.endpoint);
}

}  // namespace

const RemoteFile* Listing::find(const std::string& name) const {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const RemoteFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

std::string page(const Repository& repository, const Settings& settings) {
  return settings.endpoint + (repository.kind == Kind::model ? "/" : "/datasets/") + repository.name;
}

std::string file_url(const Repository& repository, const std::string& commit, const std::string& file,
                     const Settings& settings) {
  return page(repository, settings) + "/resolve/" + commit + "/" + escaped(file, true);
}

Listing list(Http& http, const Repository& repository, const Settings& settings, const Listeners& listeners) {
  const std::string url = fmt::format("{}/api/{}/{}/revision/{}?blobs=true", settings.endpoint, api_kind(repository),
                                      repository.name, escaped(repository.revision, false));
  const Answer answer = Attempts(settings, listeners, repository.name).run([&] { return http.get(url); });
  if (answer.status != 200) refuse(http, answer, repository, settings);
  Listing listing;
  try {
    const Json json = Json::parse(answer.body);
    listing.commit = json.at("sha").get<std::string>();
    for (const auto& sibling : json.at("siblings")) {
      listing.files.push_back(remote_file(sibling));
      if (!is_safe_file_name(listing.files.back().name))
        not_a_hub(url, fmt::format("it names a file \"{}\"", listing.files.back().name));
    }
  } catch (const Json::exception& error) {
    not_a_hub(url, error.what());
  }
  if (!is_commit(listing.commit)) not_a_hub(url, fmt::format("\"{}\" is no commit", listing.commit));
  return listing;
}

void describe(Http& http, const Repository& repository, const std::string& commit, const Settings& settings,
              const Listeners& listeners, RemoteFile& file) {
  if (!file.etag.empty()) return;
  const std::string url = file_url(repository, commit, file.name, settings);
  const Answer answer = Attempts(settings, listeners, file.name).run([&] { return http.head(url); });
  if (answer.status >= 400) refuse(http, answer, repository, settings);
  const std::string linked_etag = answer.header("x-linked-etag"), linked_bytes = answer.header("x-linked-size");
  const std::string etag = bare(linked_etag.empty() ? answer.header("etag") : linked_etag);
  const std::string bytes =
      linked_bytes.empty() && answer.status == 200 ? answer.header("content-length") : linked_bytes;
  if (!is_safe_word(etag)) not_a_hub(url, "its answer has no ETag");
  if (bytes.empty() || bytes.size() > 18 || bytes.find_first_not_of("0123456789") != std::string::npos)
    not_a_hub(url, "its answer does not say how many bytes the file has");
  file.etag = etag;
  file.bytes = std::stoll(bytes);
}

void refuse(Http& http, const Answer& answer, const Repository& repository, const Settings& settings) {
  const std::string& name = repository.name;
  const std::string code = answer.header("x-error-code"), reason = reason_given(answer, settings);
  const std::string tokens = settings.endpoint + "/settings/tokens";
  if (code == "RevisionNotFound")
    throw Trouble("{} has no revision \"{}\" ({}). Its branches and tags stand at {}/tree/main.", name,
                  repository.revision, reason, page(repository, settings));
  if (code == "GatedRepo" || (answer.status == 403 && code.empty()))
    throw Trouble(
        "{} wants consent before it is downloaded ({}). Log in at {} and accept its terms, make a token with read "
        "access "
        "at {} and set HF_TOKEN to it{}.",
        name, reason, page(repository, settings), tokens,
        settings.token.empty() ? "" : "; the token sent now belongs to an account or has rights that do not suffice");
  if (answer.status == 401 && !settings.token.empty() && code != "RepoNotFound")
    throw Trouble(
        "{} does not accept the token ({}). Make a new one at {} and set HF_TOKEN to it, or unset HF_TOKEN and "
        "delete the token file for what is public.",
        settings.endpoint, reason, tokens);
  // The hub answers 401 for a name that does not exist too, so as not to tell strangers what private things there are.
  if (answer.status == 401 || answer.status == 404)
    throw Trouble("there is no {} \"{}\" on {}, or it is private{} ({}).{}",
                  repository.kind == Kind::model ? "model" : "data set", name, settings.endpoint,
                  settings.token.empty() ? fmt::format(" and needs HF_TOKEN, a token from {}", tokens) : "", reason,
                  mms_advice(http, repository, settings));
  throw Trouble("{} refuses {} ({}).", settings.endpoint, name, reason);
}

}  // namespace vits::hub
