// What goes wrong between a hub and this disk, and what comes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "local_hub.h"
#include "vits/base/error.h"

namespace vits::hub {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    hub_.put("models/" + kName, voice_files());
    settings_ = hub_.settings();
  }

  void expect_whole_voice() {
    fs::path folder;
    ASSERT_EQ(error_of([&] { folder = fetch_model(kName, settings_, told_.listeners()); }), "");
    EXPECT_EQ(base::read_file(folder / "model.safetensors"), voice_files()["model.safetensors"]);
    EXPECT_EQ(base::read_file(folder / "vocab.json"), voice_files()["vocab.json"]);
    EXPECT_FALSE(fs::exists(incomplete()));
  }

  std::string fetch_error() {
    const std::string error = error_of([&] { fetch_model(kName, settings_, told_.listeners()); });
    EXPECT_THAT(error, AllOf(Not(HasSubstr("\n")), HasSubstr(kName)));
    return error;
  }

  // The one file that downloads leave behind when they break.
  fs::path incomplete() const {
    const fs::path blobs = settings_.cache_folder / "models--facebook--mms-tts-kmr-script_latin/blobs";
    if (fs::exists(blobs))
      for (const auto& entry : fs::directory_iterator(blobs))
        if (entry.path().extension() == ".incomplete") return entry.path();
    return {};
  }

  std::vector<std::string> ranges() const {
    std::vector<std::string> texts;
    for (const auto& request : hub_.requests("store GET"))
      texts.push_back(request["range"].is_null() ? "all" : request["range"].get<std::string>());
    return texts;
  }

  LocalHub& hub_ = fresh_hub();
  Settings settings_;
  Told told_;
};

const char* const kStore = "store GET";

TEST_F(Faults, ACutConnectionIsContinuedWhereItStopped) {
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 100'000}, {"times", 2}});
  expect_whole_voice();
  EXPECT_EQ(ranges(), (std::vector<std::string>{"all", "bytes=100000-", "bytes=200000-"}));
  EXPECT_THAT(told_.notices, AllOf(HasSubstr("model.safetensors"), HasSubstr("try 2 of 6"), HasSubstr("try 3 of 6")));
  const auto& progress = told_.progress["model.safetensors"];
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
}

TEST_F(Faults, AnEndWithoutAnAnnouncedLengthIsNoticed) {
  hub_.fault({{"fault", "short"}, {"path", kStore}, {"bytes", 70'000}});
  expect_whole_voice();
  EXPECT_EQ(ranges().back(), "bytes=70000-");
}

TEST_F(Faults, ABrokenDownloadIsContinuedByTheNextRun) {
  settings_.patience.tries = 2;
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 50'000}, {"times", 2}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("the connection to http://127.0.0.1"), HasSubstr("2 times")));
  EXPECT_EQ(fs::file_size(incomplete()), 100'000u);
  expect_whole_voice();
  EXPECT_EQ(ranges().back(), "bytes=100000-");
}

TEST_F(Faults, AFileThatAdvancesByAMebibyteHasItsTriesAgain) {
  const auto files = voice_files(5 << 20);
  hub_.put("models/" + kName, files);
  settings_.patience.tries = 2;
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 1'100'000}, {"times", 4}});
  const fs::path folder = fetch_model(kName, settings_);
  EXPECT_EQ(base::read_file(folder / "model.safetensors"), files.at("model.safetensors"));
}

TEST_F(Faults, AServerThatCannotContinueStartsAnew) {
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 100'000}});
  hub_.fault({{"fault", "out_of_range"}, {"path", kStore}});  // 416
  expect_whole_voice();
  EXPECT_EQ(ranges(), (std::vector<std::string>{"all", "bytes=100000-", "all"}));
}

TEST_F(Faults, AServerWithoutRangesStartsAnew) {
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 100'000}});
  hub_.fault({{"fault", "no_ranges"}, {"path", kStore}});
  expect_whole_voice();
  EXPECT_EQ(ranges().size(), 2u);
}

TEST_F(Faults, AnotherPartThanAskedForIsNotTaken) {
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 100'000}});
  hub_.fault({{"fault", "other_part"}, {"path", kStore}});
  expect_whole_voice();
  EXPECT_THAT(told_.notices, HasSubstr("another part"));
}

TEST_F(Faults, WrongBytesAreDownloadedOnceMore) {
  hub_.fault({{"fault", "wrong"}, {"path", kStore}});
  hub_.fault({{"fault", "wrong"}, {"path", "resolve-cache.*vocab.json"}});
  expect_whole_voice();
  EXPECT_THAT(told_.notices, AllOf(HasSubstr("model.safetensors"), HasSubstr("vocab.json"), HasSubstr("hash")));
}

TEST_F(Faults, BytesThatStayWrongAreRefusedAndNotKept) {
  hub_.fault({{"fault", "wrong"}, {"path", kStore}, {"times", -1}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("model.safetensors"), HasSubstr("wrong twice"), HasSubstr("hash")));
  EXPECT_EQ(incomplete(), "");
  EXPECT_EQ(ranges().size(), 2u);
  hub_.clear_faults();
  expect_whole_voice();
}

TEST_F(Faults, MoreBytesThanAnnouncedAreRefused) {
  hub_.fault({{"fault", "longer"}, {"path", kStore}, {"times", -1}});
  EXPECT_THAT(fetch_error(), HasSubstr("more came than the 300000 bytes"));
  EXPECT_EQ(incomplete(), "");
}

TEST_F(Faults, ALeftoverOfOtherContentIsReplaced) {
  settings_.patience.tries = 1;
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 1000}});
  fetch_error();
  base::write_file(incomplete(), noise(2000, 99));
  expect_whole_voice();
  EXPECT_THAT(told_.notices, HasSubstr("hash"));
}

TEST_F(Faults, ALeftoverLongerThanTheFileIsReplaced) {
  settings_.patience.tries = 1;
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 1000}});
  fetch_error();
  base::write_file(incomplete(), noise(400'000, 99));
  expect_whole_voice();
}

TEST_F(Faults, ABusyHubIsAskedAgain) {
  hub_.fault({{"fault", "status"}, {"path", "/revision/"}, {"status", 503}, {"times", 2}});
  hub_.fault({{"fault", "status"}, {"path", kStore}, {"status", 500}, {"times", 2}});
  hub_.fault({{"fault", "hang_up"}, {"path", "resolve/.*/config.json"}, {"times", 2}});
  expect_whole_voice();
  EXPECT_THAT(told_.notices, AllOf(HasSubstr("503"), HasSubstr("500"), HasSubstr("config.json")));
}

TEST_F(Faults, AHubThatStaysBusyIsGivenUp) {
  hub_.fault({{"fault", "status"}, {"path", "/revision/"}, {"status", 502}, {"times", -1}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("502"), HasSubstr("6 times"), HasSubstr("another machine")));
  EXPECT_EQ(hub_.requests("/revision/").size(), 6u);
}

TEST_F(Faults, TooManyRequestsWaitAsLongAsTheHubSays) {
  hub_.fault({{"fault", "status"}, {"path", "/revision/"}, {"status", 429}, {"headers", {{"Retry-After", "1"}}}});
  const auto start = std::chrono::steady_clock::now();
  expect_whole_voice();
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_THAT(told_.notices, AllOf(HasSubstr("429"), HasSubstr("in 1.0 s")));
}

TEST_F(Faults, AHubThatAsksForHoursIsGivenUpAtOnce) {
  hub_.fault({{"fault", "status"}, {"path", "/revision/"}, {"status", 429}, {"headers", {{"Retry-After", "7200"}}}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("429"), HasSubstr("120 minutes")));
}

TEST_F(Faults, ASilentConnectionIsLeft) {
  settings_.patience.silence_s = 1;
  hub_.fault({{"fault", "stall"}, {"path", kStore}, {"bytes", 100'000}, {"seconds", 600}});
  expect_whole_voice();
  EXPECT_THAT(told_.notices, HasSubstr("was silent for 1 s"));
  EXPECT_EQ(ranges(), (std::vector<std::string>{"all", "bytes=100000-"}));
}

TEST_F(Faults, WithoutANetworkTheCacheMustDo) {
  settings_.endpoint = "http://127.0.0.1:1";  // nobody listens there
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("no connection to http://127.0.0.1:1"), HasSubstr("2 times"),
                                   HasSubstr("no config.json"), HasSubstr(settings_.cache_folder.string())));
  settings_ = hub_.settings();
  expect_whole_voice();
  settings_.endpoint = "http://127.0.0.1:1";
  settings_.refresh = true;
  told_.notices.clear();
  expect_whole_voice();
  EXPECT_THAT(told_.notices, HasSubstr("is used as the cache holds it"));
}

TEST_F(Faults, ADiskTooSmallIsSeenBeforeTheDownload) {
  hub_.fault({{"fault", "sizes"}, {"path", "/revision/"}, {"size", int64_t{1} << 60}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("needs"), HasSubstr("free"), HasSubstr("HF_HUB_CACHE")));
  EXPECT_EQ(hub_.requests("resolve").size(), 0u);
}

TEST_F(Faults, ANameThatDoesNotExistIsToldWithThoseThatDo) {
  hub_.put("models/facebook/mms-tts-urd-script_arabic", voice_files());
  hub_.put("models/facebook/mms-tts-urd-script_latin", voice_files());
  const auto error_for = [&](const std::string& name) { return error_of([&] { fetch_model(name, settings_); }); };
  for (const char* token : {"", "hf_secret"}) {  // 401 for strangers, 404 for others
    settings_.token = token;
    EXPECT_THAT(error_for("facebook/mms-tts-urd"),
                HasSubstr("The hub has facebook/mms-tts-urd-script_arabic and facebook/mms-tts-urd-script_latin."));
    EXPECT_THAT(error_for("facebook/mms-tts-ku"), AllOf(HasSubstr("ISO 639-3"), HasSubstr("script_arabic")));
    EXPECT_THAT(error_for("nobody/nothing"),
                AllOf(HasSubstr("there is no model \"nobody/nothing\""), Not(HasSubstr("ISO 639-3"))));
  }
  EXPECT_THAT(error_for(kName + "@v9"), HasSubstr("no revision \"v9\""));
}

TEST_F(Faults, AMissingTokenOrConsentIsToldWithTheAddress) {
  const Json gated{
      {"fault", "status"}, {"path", "/revision/"}, {"status", 403}, {"headers", {{"X-Error-Code", "GatedRepo"}}}};
  hub_.fault(gated);
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr(settings_.endpoint + "/" + kName), HasSubstr("accept its terms"),
                                   HasSubstr("/settings/tokens"), HasSubstr("HF_TOKEN")));
  settings_.token = "hf_secret";
  hub_.fault(gated);
  EXPECT_THAT(fetch_error(), HasSubstr("do not suffice"));
  hub_.fault({{"fault", "status"},
              {"path", "/revision/"},
              {"status", 401},
              {"body", R"({"error": "the token hf_secret has expired\nsince hf_secret"})"}});
  EXPECT_THAT(fetch_error(), AllOf(HasSubstr("does not accept the token"), HasSubstr("expired")));
  hub_.fault({{"fault", "status"}, {"path", "store GET"}, {"status", 403}});
  EXPECT_THAT(fetch_error(), HasSubstr("403"));
}

TEST_F(Faults, TheTokenGoesToTheHubAloneAndIntoNoText) {
  settings_.token = "hf_secret";
  hub_.fault({{"fault", "cut"}, {"path", kStore}, {"bytes", 1000}});
  hub_.fault({{"fault", "status"},
              {"path", "/revision/"},
              {"status", 503},
              {"headers", {{"X-Error-Message", "hf_secret is welcome later"}}}});
  expect_whole_voice();
  EXPECT_THAT(told_.notices,
              AllOf(HasSubstr("welcome later"), Not(HasSubstr("hf_secret")), Not(HasSubstr("signature"))));
  for (const auto& request : hub_.requests())
    EXPECT_EQ(request["token"], request["server"] == "hub" ? Json("Bearer hf_secret") : Json()) << request;
  EXPECT_GE(hub_.requests("store").size(), 2u);

  settings_.refresh = true;
  hub_.fault({{"fault", "redirect"}, {"path", "/revision/"}, {"to", hub_.store() + "/elsewhere"}});
  error_of([&] { fetch_model(kName, settings_); });
  EXPECT_EQ(hub_.requests("/elsewhere").at(0)["token"], Json());
}

TEST_F(Faults, RedirectsWithoutEndAreLeft) {
  hub_.fault({{"fault", "redirect"}, {"path", "."}, {"to", settings_.endpoint + "/again"}, {"times", -1}});
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings_); }), HasSubstr("redirects more than 10 times"));
}

TEST_F(Faults, SomethingElseThanAHubIsRecognised) {
  const auto answer = [&](const std::string& body) {
    hub_.fault({{"fault", "status"}, {"path", "/revision/"}, {"status", 200}, {"body", body}});
    return fetch_error();
  };
  EXPECT_THAT(answer("<html>Please log in to the guest network</html>"), HasSubstr("does not answer like a model hub"));
  EXPECT_THAT(answer("[]"), HasSubstr("does not answer like a model hub"));
  EXPECT_THAT(answer(R"({"sha": "../../x", "siblings": []})"), HasSubstr("is no commit"));
  EXPECT_THAT(answer(R"({"sha": 5, "siblings": [{"rfilename": 7}]})"), HasSubstr("does not answer like a model hub"));
  hub_.fault({{"fault", "rename"}, {"path", "/revision/"}, {"rename", {{"README.md", "../../../evil"}}}});
  EXPECT_THAT(fetch_error(), HasSubstr("../../../evil"));
  settings_.endpoint = "ftp://host";
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings_); }), HasSubstr("HF_ENDPOINT is \"ftp://host\""));
}

TEST_F(Faults, ACacheThatCannotBeWrittenIsNamed) {
  base::write_file(hub_.folder() / "file", "not a folder");
  settings_.cache_folder = hub_.folder() / "file/cache";
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings_); }), HasSubstr(settings_.cache_folder.string()));
}

}  // namespace
}  // namespace vits::hub
