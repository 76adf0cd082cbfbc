#include "vits/voice/voice.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/model/card.h"
#include "vits/text/tokenizer.h"

namespace vits::voice {
namespace {

constexpr const char* kMaker = "tests/reference/make_model.py";

std::filesystem::path folder_of(const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"--size", "tiny", "--no-discriminator"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return support::reference_data("voice_" + name, kMaker, all);
}

std::filesystem::path tiny() { return folder_of("tiny", {}); }
std::filesystem::path speakers() { return folder_of("speakers", {"--speakers", "4"}); }

Voice voice_of(const std::filesystem::path& folder, int64_t threads = 2) {
  return Voice(checkpoint::read_voice(folder), {.device = "cpu", .threads = threads});
}

struct Case {
  std::filesystem::path folder;
  std::string text;
  double noise = 0;  // of the voice's own scales: 0 or 1
  SpeakOptions options = {};
  std::vector<float> samples = {};  // as Voice speaks them
};

// The same texts spoken by transformers, by one Python for all.
std::vector<std::vector<float>> transformers_speech(const std::vector<Case>& cases) {
  const base::TemporaryFolder temporary;
  auto list = nlohmann::json::array();
  for (const Case& one : cases) {
    const auto files = checkpoint::read_voice(one.folder);
    const text::Tokenizer tokenizer(text::settings_from_json(files.vocab, files.tokenizer_config));
    list.push_back({{"folder", one.folder.string()},
                    {"ids", tokenizer.encode(one.text).ids},
                    {"seed", one.options.seed},
                    {"noise_scale", one.options.noise_scale},
                    {"noise_scale_duration", one.options.noise_scale_duration},
                    {"speed", one.options.speed},
                    {"speaker_id", one.options.speaker_id},
                    {"out", (temporary.path() / std::to_string(list.size())).string()}});
  }
  base::write_file(temporary.path() / "cases.json", list.dump());
  support::run_python("tests/voice/transformers_speech.py", {(temporary.path() / "cases.json").string()});
  std::vector<std::vector<float>> spoken;
  for (const auto& one : list) {
    const std::string bytes = base::read_file(one["out"].get<std::string>());
    spoken.emplace_back(bytes.size() / sizeof(float));
    std::memcpy(spoken.back().data(), bytes.data(), bytes.size());
  }
  return spoken;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

// The samples' largest difference to transformers, of all cases.
void compare_with_transformers(std::vector<Case> cases) {
  for (Case& one : cases) {
    const auto voice = voice_of(one.folder);
    one.options = voice.usual_options();
    one.options.noise_scale *= one.noise;
    one.options.noise_scale_duration *= one.noise;
    one.options.speaker_id = voice.config().has_speakers() ? 2 : 0;
    one.options.seed = 41;
    one.options.speed = 1.25;
    one.samples = voice.speak(one.text, one.options).samples;
    EXPECT_GT(one.samples.size(), 3000u);
  }
  const auto expected = transformers_speech(cases);
  for (size_t i = 0; i < cases.size(); ++i) {
    const double worst = largest_difference(cases[i].samples, expected[i]);
    std::printf("largest difference %.2g: %s\n", worst, cases[i].text.c_str());
    EXPECT_LT(worst, 1e-4) << cases[i].folder << ": " << cases[i].text;
  }
}

// With the voice's own noise too: the draws are those of transformers after torch.manual_seed.
TEST(Voice, SpeaksWhatTransformersSpeaks) {
  compare_with_transformers({{tiny(), "the quick brown fox", 0},
                             {tiny(), "over the lazy dog", 1},
                             {speakers(), "the quick brown fox", 0},
                             {folder_of("deterministic", {"--durations", "deterministic"}), "jumps", 1}});
}

TEST(Voice, SpeaksWhatTransformersSpeaksAtFullSizeSlow) {
  const auto mms = support::reference_data("voice_mms", kMaker, {"--size", "mms", "--no-discriminator"});
  const std::string text = "an old clock in the hall is said to have crossed the mountains twice";
  compare_with_transformers({{mms, text, 0}, {mms, text, 1}});
}

TEST(Voice, SpeaksTheSameBytesWhateverIsSpokenAroundAndOnAnyNumberOfThreads) {
  const std::vector<std::string> texts = {"one",  "two words. and a second sentence.",
                                          "",     "something rather longer than the others",
                                          "five", "six is here too"};
  const auto all_with = [&](int64_t threads) {
    const auto voice = voice_of(tiny(), threads);
    std::vector<std::vector<float>> all;
    voice.speak(texts, voice.usual_options(), {[&](size_t utterance, Spoken spoken) {
                  EXPECT_EQ(utterance, all.size());
                  all.push_back(std::move(spoken.samples));
                }});
    return all;
  };
  const auto once = all_with(1), again = all_with(3);
  ASSERT_EQ(once.size(), texts.size());
  EXPECT_EQ(once, again);
  EXPECT_TRUE(once[2].empty());
  const auto voice = voice_of(tiny(), 2);
  std::vector<std::vector<float>> first_two;
  voice.speak({texts[0], texts[1]}, voice.usual_options(),
              {[&](size_t, Spoken spoken) { first_two.push_back(std::move(spoken.samples)); }});
  EXPECT_EQ(first_two, (std::vector<std::vector<float>>{once[0], once[1]}));
}

TEST(Voice, HearsAnotherSeedAndAnotherSpeaker) {
  const auto voice = voice_of(speakers());
  auto options = voice.usual_options();
  const auto samples = voice.speak("who is there", options).samples;
  auto other = options;
  other.seed = 1;
  EXPECT_NE(voice.speak("who is there", other).samples, samples);
  other = options;
  other.speaker_id = 3;
  EXPECT_NE(voice.speak("who is there", other).samples, samples);
}

TEST(Voice, ReportsWhatItHasNoSoundFor) {
  const auto voice = voice_of(tiny());
  const auto spoken = voice.speak("caf\xc3\xa9 \xc3\xa9 9 abc!", voice.usual_options());
  EXPECT_EQ(spoken.unknown, (std::map<std::string, int64_t>{{"\xc3\xa9", 2}, {"9", 1}}));
  EXPECT_FALSE(spoken.samples.empty());
  EXPECT_TRUE(voice.speak("\xe4\xbd\xa0\xe5\xa5\xbd", voice.usual_options()).samples.empty());
}

TEST(Voice, ReportsProgressAndEveryUtteranceInOrder) {
  const auto voice = voice_of(tiny());
  std::vector<size_t> order;
  int64_t last = 0, of = 0;
  std::vector<std::string> texts(20, "One. Two. Three.");
  voice.speak(texts, voice.usual_options(),
              {[&](size_t utterance, Spoken) { order.push_back(utterance); },
               [&](int64_t done, int64_t all) {
                 EXPECT_GT(done, last);
                 last = done;
                 of = all;
               }});
  ASSERT_EQ(order.size(), texts.size());
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  EXPECT_EQ(last, 60);
  EXPECT_EQ(of, 60);
}

TEST(Voice, FindsASpeakerByNumberAndSaysWhatThereIs) {
  const auto voice = voice_of(speakers());
  EXPECT_EQ(voice.speaker_id("3"), 3);
  for (const char* wrong : {"4", "-1", "anna", "1x"}) {
    try {
      voice.speaker_id(wrong);
      FAIL() << wrong;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("0 to 3"), std::string::npos) << error.what();
    }
  }
}

TEST(Voice, FindsASpeakerByNameAndNamesTheNearest) {
  auto files = checkpoint::read_voice(speakers());
  files.speakers = {"anna", "berta", "clara", "doris"};
  const Voice voice(files, {.device = "cpu"});
  EXPECT_EQ(voice.speaker_id("clara"), 2);
  try {
    voice.speaker_id("clera");
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("Did you mean \"clara\"?"), std::string::npos) << text;
    EXPECT_NE(text.find("anna, berta, clara, doris"), std::string::npos) << text;
  }
}

TEST(Voice, CudaSpeaksNearlyTheSame) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  // In TF32 a token now and then lasts a frame more or less, and nothing behind it could be compared.
  const bool before = at::globalContext().allowTF32CuDNN();
  at::globalContext().setAllowTF32CuDNN(false);
  const Voice card(checkpoint::read_voice(tiny()), {.device = "cuda"});
  const auto host = voice_of(tiny());
  const std::vector<std::string> texts = {"one sentence", "and a second one, somewhat longer", "three"};
  std::vector<std::vector<float>> spoken[2];
  for (const auto* voice : {&card, &host})
    voice->speak(texts, host.usual_options(),
                 {[&](size_t, Spoken one) { spoken[voice == &host].push_back(std::move(one.samples)); }});
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_LT(largest_difference(spoken[0][i], spoken[1][i]), 2e-3);
  at::globalContext().setAllowTF32CuDNN(before);
}

}  // namespace
}  // namespace vits::voice
