#include "http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <exception>

#include "vits/base/stop_signal.h"

namespace vits::hub {

namespace {

constexpr size_t kLongestBody = 256 << 20;   // the listing of a data set with a million files
constexpr size_t kLongestHeaders = 1 << 20;  // of one answer
constexpr int kMostRedirects = 10;

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

void initialize_curl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!done) throw Error("libcurl cannot be initialized on this machine.");
}

struct UrlParts {
  std::string scheme, host, port;
};

UrlParts parts_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), curl_url_cleanup);
  const auto part = [&](CURLUPart which, unsigned int flags = 0) {
    char* text = nullptr;
    if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return std::string();
    std::string copy = text;
    curl_free(text);
    return lower(copy);
  };
  if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  return {part(CURLUPART_SCHEME), part(CURLUPART_HOST), part(CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::string shown(const std::string& url) {
  std::string text = url.substr(0, url.find_first_of("?#"));
  const size_t host = text.find("://");
  if (host == std::string::npos) return text;
  const size_t end = text.find('/', host + 3);
  const size_t at = text.rfind('@', end);
  if (at != std::string::npos && at > host) text.erase(host + 3, at - host - 2);
  return text;
}

std::string origin(const std::string& url) {
  const auto parts = parts_of(url);
  return parts.scheme + "://" + parts.host + ":" + parts.port;
}

std::string escaped(const std::string& text, bool keep_slashes) {
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = (byte < 128 && std::isalnum(byte)) || letter == '-' || letter == '_' || letter == '.'
                       || letter == '~' || (keep_slashes && letter == '/');
    result += plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return result;
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct Http::Curl {
  CURL* handle = nullptr;
  Curl() {
    initialize_curl();
    handle = curl_easy_init();
    if (!handle) throw Error("libcurl cannot be used on this machine.");
  }
  ~Curl() { curl_easy_cleanup(handle); }
};

struct Http::Exchange {
  bool head = false;
  int64_t first_byte = 0;
  const Sink* sink = nullptr;
  Answer answer;
  std::string redirect;
  std::exception_ptr thrown;  // by the sink; may not pass through libcurl, which is C
  size_t header_bytes = 0;
  bool too_long = false;
  curl_off_t received = 0;
  std::chrono::steady_clock::time_point last_byte;
  std::chrono::seconds longest_silence{0};
  bool silent = false;

  static size_t take_header(char* bytes, size_t, size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::string line(bytes, count);
    exchange.header_bytes += count;
    if (exchange.header_bytes > kLongestHeaders) return 0;
    if (line.starts_with("HTTP/")) {  // also after "100 Continue" and a proxy's own answer
      const size_t space = line.find(' ');
      exchange.answer.status = space == std::string::npos ? 0 : std::strtol(line.c_str() + space, nullptr, 10);
      return count;
    }
    const size_t colon = line.find(':');
    if (colon != std::string::npos)
      exchange.answer.headers[lower(trimmed(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
    return count;
  }

  static size_t take_body(char* bytes, size_t, size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const long status = exchange.answer.status;
    if (exchange.sink && (status == 200 || status == 206)) {
      try {
        (*exchange.sink)(exchange.answer, bytes, count);
        return count;
      } catch (...) {
        exchange.thrown = std::current_exception();
        return 0;
      }
    }
    exchange.too_long = exchange.answer.body.size() + count > kLongestBody;
    if (exchange.too_long) return 0;
    exchange.answer.body.append(bytes, count);
    return count;
  }

  // Called by libcurl as bytes come and about once a second. Its own limit is on the speed of several seconds, not on
  // silence.
  static int must_end(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
    auto& exchange = *static_cast<Exchange*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (received != exchange.received) exchange.last_byte = now;
    exchange.received = received;
    exchange.silent = now - exchange.last_byte > exchange.longest_silence;
    return exchange.silent || base::stop_requested() != 0;
  }
};

Http::Http(const Settings& settings) : curl_(std::make_unique<Curl>()), settings_(settings) {
  const auto parts = parts_of(settings.endpoint);
  if ((parts.scheme != "http" && parts.scheme != "https") || parts.host.empty())
    throw UsageError("HF_ENDPOINT is \"{}\"; it must be an address such as https://huggingface.co.",
                     shown(settings.endpoint));
}

Http::~Http() = default;

Answer Http::get(const std::string& url) {
  Exchange exchange;
  return follow(url, exchange);
}

Answer Http::head(const std::string& url) {
  Exchange exchange;
  exchange.head = true;
  return follow(url, exchange);
}

Answer Http::get_into(const std::string& url, int64_t first_byte, const Sink& sink) {
  Exchange exchange;
  exchange.first_byte = first_byte;
  exchange.sink = &sink;
  return follow(url, exchange);
}

Answer Http::follow(std::string url, Exchange& exchange) {
  const std::string home = origin(settings_.endpoint);
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    Answer answer = once(url, exchange);
    if (!is_redirect(answer.status) || exchange.redirect.empty()) return answer;
    if (url.starts_with("https:") && !exchange.redirect.starts_with("https:"))
      throw Error("{} redirects from https to {}, where others could read along. It is not followed.", shown(url),
                  shown(exchange.redirect));
    if (exchange.head && origin(exchange.redirect) != home) return answer;
    url = exchange.redirect;
    if (!exchange.head) exchange.answer.headers.clear();
  }
  throw Error("{} redirects more than {} times.", shown(url), kMostRedirects);
}

Answer Http::once(const std::string& url, Exchange& exchange) {
  exchange.answer.status = 0;
  exchange.answer.body.clear();
  exchange.redirect.clear();
  exchange.header_bytes = 0;
  exchange.received = 0;
  exchange.silent = false;
  exchange.last_byte = std::chrono::steady_clock::now();
  exchange.longest_silence = std::chrono::seconds(settings_.patience.silence_s);

  CURL* curl = curl_->handle;
  curl_easy_reset(curl);  // keeps the connections
  char curl_says[CURL_ERROR_SIZE] = "";
  const Patience& patience = settings_.patience;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, curl_says);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "vits-train");
  curl_easy_setopt(curl, CURLOPT_NOBODY, exchange.head ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.connect_s));
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Exchange::take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Exchange::take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Exchange::must_end);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  if (!settings_.certificates.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.certificates.c_str());
  if (exchange.first_byte > 0) curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", exchange.first_byte).c_str());

  // Compressed, a file's size and the place to resume at would be those of the compressed bytes.
  curl_slist* lines = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (!settings_.token.empty() && origin(url) == origin(settings_.endpoint))
    lines = curl_slist_append(lines, ("Authorization: Bearer " + settings_.token).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner(lines, curl_slist_free_all);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);

  const CURLcode code = curl_easy_perform(curl);
  reached_ = reached_ || exchange.answer.status != 0;
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  base::throw_if_stopped();
  if (exchange.too_long)
    throw Error("{} answers with more than {} MB; that is no answer of a model hub.", shown(url), kLongestBody >> 20);
  if (exchange.silent)
    throw Broken(fmt::format("{} was silent for {} s", origin(url), settings_.patience.silence_s), reached_);
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT)
    throw Broken(
        fmt::format("no connection to {} ({})", origin(url), *curl_says ? curl_says : curl_easy_strerror(code)),
        reached_);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    throw Error(
        "{} shows a certificate that this machine does not trust ({}). Behind a proxy that opens connections, name its "
        "certificate with SSL_CERT_FILE; on a fresh machine, install the package ca-certificates.",
        origin(url), *curl_says ? curl_says : curl_easy_strerror(code));
  if (code != CURLE_OK)
    throw Broken(
        fmt::format("the connection to {} broke ({})", origin(url), *curl_says ? curl_says : curl_easy_strerror(code)),
        reached_);
  char* redirect = nullptr;
  if (curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect) exchange.redirect = redirect;
  return exchange.answer;
}

}  // namespace vits::hub
