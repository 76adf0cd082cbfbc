// Questions to a web server, over libcurl: one exchange after another on connections that are kept.
//
// Redirects are followed here and not by libcurl, because where they lead decides whether the token goes along: to the
// endpoint's own scheme, host and port it does, elsewhere never.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "vits/base/error.h"
#include "vits/hub/settings.h"

namespace vits::hub {

struct Answer {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // what no sink took; an answer too long for memory is Broken

  std::string header(const std::string& name) const;  // empty when absent
};

// The exchange came to no answer or not to its end. `reached`: something of the server was seen, now or earlier;
// otherwise there is probably no network.
class Broken : public Error {
 public:
  Broken(const std::string& text, bool reached_server) : Error(text), reached(reached_server) {}
  bool reached;
};

class Http {
 public:
  explicit Http(const Settings& settings);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  Answer get(const std::string& url);

  // Follows redirects only within the endpoint and keeps the headers of those it followed: what the hub says about a
  // file stands in its own answers, not in those of the store that holds the bytes.
  Answer head(const std::string& url);

  // Gives the bytes of an answer with status 200 or 206 to `sink` as they come, from `first_byte` on if the server
  // agrees (206). What the sink throws comes out of here.
  using Sink = std::function<void(const Answer& begun, const char* bytes, size_t count)>;
  Answer get_into(const std::string& url, int64_t first_byte, const Sink& sink);

 private:
  struct Exchange;
  Answer follow(std::string url, Exchange& exchange);
  Answer once(const std::string& url, Exchange& exchange);

  struct Curl;
  std::unique_ptr<Curl> curl_;
  Settings settings_;
  bool reached_ = false;
};

// For messages: without user name, password and the query, which may be a signature.
std::string shown(const std::string& url);

// Scheme, host and port, in lower case and with the default port written out.
std::string origin(const std::string& url);

std::string escaped(const std::string& text, bool keep_slashes);  // as a part of a URL's path

}  // namespace vits::hub
