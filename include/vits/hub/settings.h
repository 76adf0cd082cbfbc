// Where the hub is, where its files are kept and how patient to be. The variables are those of Hugging Face's own
// tools, so that a machine set up for them needs nothing for us, and whatever one of them downloaded the other finds.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace vits::hub {

// What is done about a network that fails. The defaults bridge an outage of about a minute before they give up, and a
// file that advances by a mebibyte has all its tries again.
struct Patience {
  int tries = 6;                       // of one file or question
  int64_t first_wait_ms = 1000;        // before the second try; doubled before each further one
  int64_t longest_wait_ms = 30'000;    // where that doubling ends
  int64_t longest_asked_wait_s = 600;  // what a hub that says "too many requests" may ask of us
  int64_t connect_s = 10;              // until a connection stands
  int64_t silence_s = 30;              // without a byte, after which a connection counts as broken
};

struct Settings {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT, without a slash at the end
  std::filesystem::path cache_folder;               // HF_HUB_CACHE, or HF_HOME/hub, or ~/.cache/huggingface/hub
  // HF_TOKEN, or the file HF_TOKEN_PATH or HF_HOME/token. It is sent to the endpoint alone, never to the servers that
  // the endpoint redirects to, and stands in no message.
  std::string token;
  std::filesystem::path certificates;  // SSL_CERT_FILE: authorities to trust in place of the system's
  bool offline = false;                // HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE: no request is made
  bool links = true;                   // HF_HUB_DISABLE_SYMLINKS: files stand in the snapshot instead of links to blobs
  bool refresh = false;                // ask for a newer revision although the cache holds a complete one
  Patience patience;
};

// Reads the variables named above. Throws Error when the token file exists and cannot be read.
Settings settings_from_environment();

}  // namespace vits::hub
