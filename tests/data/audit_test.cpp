// Every kind of finding: a set that shows it, and the good set, which shows none.
#include "vits/data/audit.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "spoken_set.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace {

namespace fs = std::filesystem;
using vits::data::Audit;
using vits::data::AuditOptions;
using vits::data::AuditVoice;
using vits::data_test::spoken;
using vits::data_test::SpokenSet;

AuditVoice voice_of(const std::string& symbols = "abcdefgh ê'") {
  vits::text::TokenizerSettings settings;
  for (const char32_t symbol : vits::text::decode_utf8(symbols))
    settings.vocab[vits::text::encode_utf8({&symbol, 1})] = static_cast<int64_t>(settings.vocab.size());
  AuditVoice voice;
  voice.name = "voice";
  voice.tokenizer.emplace(settings);
  voice.sample_rate_hz = 16000;
  return voice;
}

Audit audited(const SpokenSet& set, const AuditVoice& voice = voice_of(), const AuditOptions& options = {}) {
  return vits::data::audit_training_set(set.folder(), voice, options);
}

std::set<std::string> kinds(const Audit& audit) {
  std::set<std::string> ids;
  for (const auto& found : audit.findings) ids.insert(found.kind->id);
  return ids;
}

// The ids of the clips of one finding.
std::set<std::string> clips(const Audit& audit, const char* kind) {
  std::set<std::string> ids;
  if (const auto* found = audit.find(kind))
    for (const auto& flagged : found->clips) ids.insert(audit.clips[flagged.clip].clip.id);
  return ids;
}

using Names = std::set<std::string>;

TEST(Audit, FindsNothingInAGoodSetButThatItIsSmall) {
  SpokenSet set;
  set.add_good_clips();
  const Audit audit = audited(set);
  EXPECT_EQ(kinds(audit), Names{"little_sound"});
  EXPECT_FALSE(audit.blocked());
  EXPECT_EQ(audit.clips.size(), 10u);
  EXPECT_EQ(audit.validation_clips, 1);
  EXPECT_NEAR(audit.seconds, 15.0, 1e-6);
  EXPECT_EQ(audit.longest_batch.clips, 8);
  EXPECT_EQ(audit.longest_batch.tokens, 2 * 11 + 1);
}

// Adds to the good set what must be found, and nothing else may be.
struct Case {
  const char* kind;
  std::function<void(SpokenSet&)> spoil;
  Names flagged = {"bad"};
  Names also = {};  // that follow from it
};

TEST(Audit, FindsEachKindOfDefectAlone) {
  const std::string usual = "abcab cabac";
  const std::vector<Case> cases{
      {"missing_sound", [&](SpokenSet& set) { set.add_row("bad", usual); }},
      {"broken_sound",
       [&](SpokenSet& set) {
         vits::base::write_file(set.folder() / "wavs/bad.wav", "RIFF, but no more");
         set.add_row("bad", usual);
       }},
      {"wrong_sample_rate",
       [&](SpokenSet& set) { set.add("bad", usual, spoken({.rate_hz = 22050}, 50), "", false, 22050); }},
      {"more_tokens_than_frames",
       [&](SpokenSet& set) {
         set.add("bad", "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc",
                 spoken({}, 50));
       },
       {"bad"},
       {"odd_pace"}},
      {"unknown_characters", [&](SpokenSet& set) { set.add("bad", "abcab xabac", spoken({}, 50)); }},
      {"unknown_characters", [&](SpokenSet& set) { set.add("bad", "abcab be\u0302ca", spoken({}, 50)); }},
      {"silent_characters", [&](SpokenSet& set) { set.add("bad", "abcab, cabac", spoken({}, 50)); }},
      {"text_becomes_empty",
       [&](SpokenSet& set) { set.add("bad", "xyz", spoken({}, 50)); },
       {"bad"},
       {"unknown_characters"}},
      {"odd_pace", [&](SpokenSet& set) { set.add("bad", "abc", spoken({}, 50)); }},
      {"odd_pace", [&](SpokenSet& set) { set.add("bad", "abcabcabc cabacba bbacac cabbac", spoken({}, 50)); }},
      {"digits",
       [&](SpokenSet& set) { set.add("bad", "abcab 7bac", spoken({}, 50)); },
       {"bad"},
       {"unknown_characters"}},
      {"silent", [&](SpokenSet& set) { set.add("bad", usual, std::vector<float>(24000, 0.0f)); }, {"bad"}},
      {"clipped",
       [&](SpokenSet& set) {
         auto loud = spoken({.level = 2.0, .noise_level = 0.001, .highest_hz = 7000}, 50);
         for (float& sample : loud) sample = 0.15f * std::clamp(sample, -0.9f, 0.9f);
         set.add("bad", usual, loud);
       }},
      {"narrow_band", [&](SpokenSet& set) { set.add("bad", usual, spoken({.highest_hz = 3600}, 50)); }},
      {"noisy", [&](SpokenSet& set) { set.add("bad", usual, spoken({.noise_level = 0.015}, 50)); }},
      {"same_sound",
       [&](SpokenSet& set) {
         set.add("one", usual, spoken({}, 50));
         set.add("bad", "ccabb abaca", spoken({.level = 0.06, .noise_level = 0.0003}, 50));
       }},
      {"same_sound",
       [&](SpokenSet& set) {
         set.add("one", usual, spoken({}, 50));
         set.add("bad", "ccabb abaca", spoken({}, 50));
       }},
      {"validation_leak",
       [&](SpokenSet& set) {
         set.add("one", usual, spoken({}, 50));
         set.add("bad", "ccabb abaca", spoken({}, 50), "", true);
       },
       {"bad"},
       {"same_sound"}},
      {"same_text",
       [&](SpokenSet& set) {
         set.add("one", usual, spoken({}, 50));
         set.add("bad", usual, spoken({}, 51));
       }},
      {"too_short",
       [&](SpokenSet& set) { set.add("bad", "abc", spoken({.seconds = 0.45, .silence_inside = 0.0}, 50)); }},
      {"loudness", [&](SpokenSet& set) { set.add("bad", usual, spoken({.level = 0.2}, 50)); }},
      {"silent_ends",
       [&](SpokenSet& set) { set.add("bad", usual, spoken({.seconds = 2.1, .silence_begin = 0.7}, 50)); }},
      {"long_pause",
       [&](SpokenSet& set) {
         set.add("bad", usual + " abacabaca", spoken({.seconds = 3.0, .silence_inside = 1.3}, 50));
       }},
      {"manifest_rows", [&](SpokenSet& set) { set.add_row("../bad", usual); }, {}},
      {"unlisted_sound",
       [&](SpokenSet& set) { vits::base::write_file(set.folder() / "wavs/stray\xFF.wav", "anything"); },
       {}},
  };
  Names seen;
  for (const Case& example : cases) {
    SpokenSet set;
    set.add_good_clips();
    example.spoil(set);
    const Audit audit = audited(set);
    Names expected{example.kind, "little_sound"};
    expected.insert(example.also.begin(), example.also.end());
    EXPECT_EQ(kinds(audit), expected) << example.kind;
    EXPECT_EQ(clips(audit, example.kind), example.flagged) << example.kind;
    ASSERT_NE(audit.find(example.kind), nullptr) << example.kind;
    EXPECT_EQ(audit.blocked(), audit.find(example.kind)->kind->severity == vits::data::Severity::kBlocks)
        << example.kind;
    EXPECT_FALSE(vits::formats::json_text(to_json(audit)).empty());
    seen.insert(example.kind);
  }
  // The kinds that concern the whole set have tests of their own below.
  for (const char* kind : {"no_clips", "no_known_text", "does_not_fit", "speaker_missing", "several_speakers",
                           "little_sound", "no_validation", "much_validation", "little_of_a_speaker"})
    seen.insert(kind);
  for (const auto& kind : vits::data::finding_kinds()) EXPECT_TRUE(seen.contains(kind.id)) << kind.id << " has no test";
}

TEST(Audit, SaysThatAnEmptySetHasNoClips) {
  SpokenSet set;
  set.add_row("../no", "abc");
  const Audit audit = audited(set);
  EXPECT_EQ(kinds(audit), (Names{"no_clips", "manifest_rows"}));
  EXPECT_TRUE(audit.blocked());
  EXPECT_THROW(vits::data::audit_training_set(set.folder() / "wavs", voice_of(), {}), vits::Error);
}

TEST(Audit, BlocksWhenTheVoiceReadsNoneOfTheTexts) {
  SpokenSet set;
  set.add_good_clips();
  const Audit audit = audited(set, voice_of("жбвг "));
  EXPECT_TRUE(audit.blocked());
  EXPECT_NE(audit.find("no_known_text"), nullptr);
  ASSERT_FALSE(audit.unknown.empty());
  EXPECT_EQ(audit.unknown[0].character, "a");
  EXPECT_TRUE(audit.unknown[0].audible);
}

TEST(Audit, BlocksWhenTheLongestBatchDoesNotFit) {
  SpokenSet set;
  set.add_good_clips();
  AuditOptions options;
  options.batch_size = 4;
  options.batch_bytes = [](int64_t clips, double seconds, int64_t tokens) {
    EXPECT_EQ(clips, 4);
    EXPECT_NEAR(seconds, 1.5, 1e-6);
    EXPECT_EQ(tokens, 23);
    return uint64_t{8'000'000'000};
  };
  options.memory_name = "the card";
  EXPECT_EQ(audited(set, voice_of(), options).find("does_not_fit"), nullptr) << "no memory is known";
  options.memory_bytes = 9'000'000'000;
  EXPECT_EQ(audited(set, voice_of(), options).find("does_not_fit"), nullptr);
  options.memory_bytes = 7'000'000'000;
  const Audit audit = audited(set, voice_of(), options);
  ASSERT_NE(audit.find("does_not_fit"), nullptr);
  EXPECT_EQ(audit.find("does_not_fit")->places[0], "4 clips of up to 1.5 s would take 8.0 GB; the card has 7.0 GB");
}

TEST(Audit, CountsSpeakersAndMissesThem) {
  SpokenSet set;
  set.add_good_clips("anna");
  EXPECT_EQ(kinds(audited(set)), Names{"little_sound"});
  set.add_good_clips("bert");
  set.add("bad", "abcab cabac", spoken({}, 50));
  const Audit audit = audited(set);
  EXPECT_EQ(kinds(audit), (Names{"little_sound", "speaker_missing", "several_speakers", "little_of_a_speaker"}))
      << "that two speakers read the same sentences is no finding";
  EXPECT_EQ(clips(audit, "speaker_missing"), Names{"bad"});
  ASSERT_EQ(audit.speakers.size(), 3u);
  EXPECT_EQ(audit.speakers[0].name, "anna");
  EXPECT_EQ(audit.speakers[0].clips, 10);
  AuditVoice several = voice_of();
  several.speakers = 3;
  EXPECT_EQ(audited(set, several).find("several_speakers"), nullptr);
}

TEST(Audit, NotesTheShareOfValidationClips) {
  SpokenSet none, much;
  none.add("a", "abcab cabac", spoken({}, 1));
  EXPECT_EQ(kinds(audited(none)), (Names{"little_sound", "no_validation"}));
  much.add("a", "abcab cabac", spoken({}, 1));
  much.add("b", "cabac abcab", spoken({}, 2), "", true);
  EXPECT_EQ(kinds(audited(much)), (Names{"little_sound", "much_validation"}));
}

TEST(Audit, SaysWhetherThereIsNoValidationFileOrNothingToTakeInIt) {
  SpokenSet set;
  set.add("a", "abcab cabac", spoken({}, 1));
  EXPECT_EQ(audited(set).find("no_validation")->places[0], "there is no metadata_val.csv");
  set.add_row("a", "abcab cabac", "", true);
  const Audit audit = audited(set);
  EXPECT_EQ(kinds(audit), (Names{"little_sound", "manifest_rows", "no_validation"}));
  EXPECT_EQ(audit.find("no_validation")->places[0],
            (set.folder() / "metadata_val.csv").string() + " has no row that can be taken");
}

TEST(Audit, LeavesOutWhatNeedsAVoiceWhenThereIsNone) {
  SpokenSet set;
  set.add_good_clips();
  set.add("bad", "жж xyz жжжж", spoken({}, 50));
  set.add("odd", "abc", spoken({}, 51));
  set.add("rate", "abcab babac", spoken({.rate_hz = 22050}, 52), "", false, 22050);
  const Audit audit = audited(set, {});
  EXPECT_EQ(kinds(audit), (Names{"little_sound", "odd_pace", "wrong_sample_rate"}));
  EXPECT_EQ(clips(audit, "odd_pace"), Names{"odd"});
  EXPECT_EQ(clips(audit, "wrong_sample_rate"), Names{"rate"});
  EXPECT_FALSE(audit.has_vocabulary);
  EXPECT_FALSE(to_json(audit)["clips"][0].contains("tokens"));
}

TEST(Audit, ListsTheWorstFirstAndIsTheSameOnAnyNumberOfThreads) {
  SpokenSet set;
  set.add_good_clips();
  set.add("bad", "abcab cabac", spoken({.noise_level = 0.01}, 50));
  set.add("worse", "cabac abcab", spoken({.noise_level = 0.025}, 51));
  AuditOptions one, four;
  one.threads = 1;
  four.threads = 4;
  int64_t last = 0;
  four.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(done, ++last);
    EXPECT_EQ(total, 12);
  };
  const Audit audit = audited(set, voice_of(), one);
  ASSERT_EQ(audit.find("noisy")->clips.size(), 2u);
  EXPECT_EQ(audit.clips[audit.find("noisy")->clips[0].clip].clip.id, "worse");
  EXPECT_EQ(to_json(audit).dump(), to_json(audited(set, voice_of(), four)).dump());
  EXPECT_EQ(last, 12);
}

TEST(Audit, TellsEachUnknownCharacterWithItsProposal) {
  SpokenSet set;
  set.add_good_clips();
  set.add("one", "abcab’ cabac", spoken({}, 50));
  set.add("two", "xb’xb cabac", spoken({}, 51));
  const auto json = to_json(audited(set));
  ASSERT_EQ(json["unknown_characters"].size(), 2u);
  const auto& letter = json["unknown_characters"][0];
  EXPECT_EQ(letter["character"], "x");
  EXPECT_EQ(letter["count"], 2);
  EXPECT_EQ(letter["clips"], vits::formats::OrderedJson({"two"}));
  const auto& mark = json["unknown_characters"][1];
  EXPECT_EQ(mark["name"], "U+2019 RIGHT SINGLE QUOTATION MARK");
  EXPECT_EQ(mark["proposal"]["replacement"], "'");
  EXPECT_EQ(mark["clips"], vits::formats::OrderedJson({"one", "two"}));
}

}  // namespace
