// Names, variables and hashes: what the hub room decides without a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cache.h"
#include "hashing.h"
#include "http.h"
#include "retry.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/hub/hub.h"

namespace vits::hub {
namespace {

TEST(HubName, IsOwnerAndNameByTheHubsRules) {
  for (const char* name : {"facebook/mms-tts-kmr-script_latin", "a/b", "kakao-enterprise/vits-ljs", "x/y.z", "o/n@v1.0",
                           "o/n@refs/pr/1", "o/n@0123456789012345678901234567890123456789"})
    EXPECT_TRUE(looks_like_hub_name(name)) << name;
  for (const char* name : {"",      "vits",       "/b",     "a/",       "a/b/c",  "./a",     "../a",    "a/..",
                           "~/a",   "a--b/c",     "a/b--c", "a/b..c",   "-a/b",   "a/b-",    "a/b.",    "a/b.git",
                           "a b/c", "\xc3\xa9/b", "a/b@",   "a/b@../x", "a/b@/x", "a/b@x y", "a/b@x//y"})
    EXPECT_FALSE(looks_like_hub_name(name)) << name;
  EXPECT_FALSE(looks_like_hub_name("a/" + std::string(97, 'b')));
}

TEST(HubName, IsSplitAtTheRevision) {
  const auto main = parse_repository("a/b", Kind::model), other = parse_repository("a/b@v2", Kind::dataset);
  EXPECT_EQ(main.name + " " + main.revision, "a/b main");
  EXPECT_EQ(other.name + " " + other.revision, "a/b v2");
  EXPECT_EQ(other.kind, Kind::dataset);
  EXPECT_THROW(parse_repository("a/b/c", Kind::model), UsageError);
}

// The variables that this room reads, all unset for the scope of a test and put back after it.
class HubEnvironment : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN",
          "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME", "SSL_CERT_FILE",
          "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HF_HUB_DISABLE_SYMLINKS", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HOME"}) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value ? std::optional<std::string>(value) : std::nullopt);
      ::unsetenv(name);
    }
    ::setenv("HOME", folder_.path().c_str(), 1);
  }
  void TearDown() override {
    for (const auto& [name, value] : saved_) value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
  }
  base::TemporaryFolder folder_;
  std::vector<std::pair<const char*, std::optional<std::string>>> saved_;
};

TEST_F(HubEnvironment, WithoutVariablesIsThatOfHuggingFace) {
  const auto settings = settings_from_environment();
  EXPECT_EQ(settings.endpoint, "https://huggingface.co");
  EXPECT_EQ(settings.cache_folder, folder_.path() / ".cache/huggingface/hub");
  EXPECT_EQ(settings.token, "");
  EXPECT_FALSE(settings.offline);
  EXPECT_TRUE(settings.links);
}

TEST_F(HubEnvironment, NamesTheCacheFromTheMostSpecialVariable) {
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(settings_from_environment().cache_folder, "/xdg/huggingface/hub");
  ::setenv("HF_HOME", "~/home", 1);
  EXPECT_EQ(settings_from_environment().cache_folder, folder_.path() / "home/hub");
  ::setenv("HUGGINGFACE_HUB_CACHE", "/old", 1);
  EXPECT_EQ(settings_from_environment().cache_folder, "/old");
  ::setenv("HF_HUB_CACHE", "$HOME/a/${HF_HOME}", 1);
  EXPECT_EQ(settings_from_environment().cache_folder, folder_.path() / "a/~/home");
}

TEST_F(HubEnvironment, TakesTheTokenFromVariableOrFile) {
  base::write_file(folder_.path() / ".cache/huggingface/token", " hf_file\n");
  EXPECT_EQ(settings_from_environment().token, "hf_file");
  base::write_file(folder_.path() / "elsewhere", "hf_elsewhere");
  ::setenv("HF_TOKEN_PATH", "~/elsewhere", 1);
  EXPECT_EQ(settings_from_environment().token, "hf_elsewhere");
  ::setenv("HF_TOKEN", "hf_variable\r\nX-Other: header", 1);
  EXPECT_EQ(settings_from_environment().token, "hf_variableX-Other: header");
  ::setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", 1);
  EXPECT_EQ(settings_from_environment().token, "");
}

TEST_F(HubEnvironment, ReadsSwitchesAndEndpoint) {
  ::setenv("HF_ENDPOINT", "https://mirror.example/", 1);
  ::setenv("HF_HUB_OFFLINE", "yes", 1);
  ::setenv("HF_HUB_DISABLE_SYMLINKS", "TRUE", 1);
  ::setenv("SSL_CERT_FILE", "/etc/own.pem", 1);
  const auto settings = settings_from_environment();
  EXPECT_EQ(settings.endpoint, "https://mirror.example");
  EXPECT_TRUE(settings.offline);
  EXPECT_FALSE(settings.links);
  EXPECT_EQ(settings.certificates, "/etc/own.pem");
  ::setenv("HF_HUB_OFFLINE", "0", 1);
  EXPECT_FALSE(settings_from_environment().offline);
}

TEST(HubHash, EqualsSha256sumAndGitHashObject) {
  const base::TemporaryFolder folder;
  const auto file = folder.path() / "file";
  base::write_file(file, "hello\n");
  EXPECT_EQ(sha256(file), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
  EXPECT_EQ(git_blob_sha1(file), "ce013625030ba8dba906f756967f9e9ca394464a");
  base::write_file(file, "");
  EXPECT_EQ(git_blob_sha1(file), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_FALSE(has_content(file, "ce013625030ba8dba906f756967f9e9ca394464a"));
  EXPECT_FALSE(has_content(file, std::string(64, '0')));
  EXPECT_TRUE(has_content(file, "etag-of-another-kind"));
}

TEST(HubServer, CannotNameFilesOutsideTheirFolder) {
  for (const char* name : {"a", "a/b.json", "..a/b", ".gitattributes"}) EXPECT_TRUE(is_safe_file_name(name)) << name;
  for (const char* name : {"", "/a", "a/", "../a", "a/../../b", "a//b", "./a", "a\\b"})
    EXPECT_FALSE(is_safe_file_name(name)) << name;
  EXPECT_FALSE(is_safe_word("../x"));
  EXPECT_FALSE(is_safe_word("a/b"));
  EXPECT_FALSE(is_safe_word(""));
}

TEST(HubAddress, IsShownWithoutSecrets) {
  EXPECT_EQ(shown("https://user:pw@host:8/a@b/c?signature=s#x"), "https://host:8/a@b/c");
  EXPECT_EQ(shown("https://host"), "https://host");
  EXPECT_EQ(origin("HTTPS://Host/a"), "https://host:443");
  EXPECT_NE(origin("https://host.evil.example/"), origin("https://host/"));
  EXPECT_NE(origin("https://host@evil.example/"), origin("https://host/"));
  EXPECT_NE(origin("http://host/"), origin("https://host/"));
  EXPECT_EQ(escaped("a b/\xc3\xa9#", true), "a%20b/%C3%A9%23");
  EXPECT_EQ(escaped("refs/pr/1", false), "refs%2Fpr%2F1");
}

TEST(HubWait, IsReadFromNumberDateAndQuota) {
  const auto seconds = [](const char* header, const std::string& value) {
    Answer answer;
    answer.headers[header] = value;
    return asked_wait_s(answer);
  };
  EXPECT_EQ(seconds("retry-after", "17"), 17);
  EXPECT_EQ(seconds("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), 0);
  EXPECT_GT(seconds("retry-after", "Thu, 01 Jan 2099 00:00:00 GMT"), 1000);
  EXPECT_EQ(seconds("ratelimit", "\"api\";r=0;t=55"), 55);
  EXPECT_EQ(seconds("retry-after", "soon"), std::nullopt);
  EXPECT_EQ(seconds("other", "1"), std::nullopt);
}

}  // namespace
}  // namespace vits::hub
