// What prepare makes of recordings: the sound, the lists, and that it is the same however the run went.
#include "vits/data/prepare.h"

#include <gtest/gtest.h>

#include <set>

#include "held_out.h"
#include "recordings.h"
#include "vits/audio/loudness.h"
#include "vits/base/process.h"

namespace {

using namespace vits::data_tests;
using vits::base::read_file;
using vits::base::TemporaryFolder;
using vits::data::Prepared;
using vits::data::PrepareOptions;

vits::audio::Sound sound_in(const fs::path& file) { return vits::audio::read_sound(file, 100.0); }

double level_of(const fs::path& file) {
  const auto sound = sound_in(file);
  return vits::audio::loudness_lufs(sound.samples, sound.sample_rate_hz);
}

void add_three(Corpus& corpus) {
  const std::vector<float> quiet(8000, 0.0f);
  corpus.add("one", "The first.", joined(joined(quiet, tone(1.0, 8000)), quiet), 8000);
  corpus.add("two", "The second.", tone(1.5, 22050, 300.0, 0.05), 22050);
  corpus.add("three", "The third, rojbaş.", tone(2.0, 48000, 900.0, 0.9), 48000);
}

TEST(Prepare, MakesClipsOfOneRateAndLoudnessTrimmedAtTheEnds) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  add_three(corpus);
  const fs::path out = folder.path() / "out";
  const Prepared prepared = run_prepare({corpus.folder()}, out);
  EXPECT_EQ(prepared.training_clips + prepared.validation_clips, 3);
  EXPECT_EQ(prepared.made, 3);
  EXPECT_EQ(prepared.rejected, 0);
  for (const char* id : {"one", "two", "three"}) {
    const auto sound = sound_in(out / "wavs" / (std::string(id) + ".wav"));
    EXPECT_EQ(sound.sample_rate_hz, 16000);
    EXPECT_NEAR(level_of(out / "wavs" / (std::string(id) + ".wav")), -23.0, 0.1) << id;
  }
  // One second of tone, 0.2 s of silence kept on both sides, and the frames at the edges of the tone.
  EXPECT_NEAR(sound_in(out / "wavs" / "one.wav").seconds(), 1.4, 0.06);
  EXPECT_NEAR(sound_in(out / "wavs" / "two.wav").seconds(), 1.5, 0.01);
  EXPECT_NEAR(prepared.seconds_of_sound, 4.9, 0.1);

  const auto set = vits::data::read_training_set(out);
  EXPECT_TRUE(set.defects.empty());
  ASSERT_EQ(set.clips.size(), 3u);
  EXPECT_EQ(read_file(out / "rejected.csv"), "id,file,row,reason\n");
  const std::string json = read_file(out / "prepare.json");
  for (const char* word : {"\"made_by\"", "\"loudness\": \"-23\"", "metadata.csv", "clips_sha256", "\"ljspeech\""})
    EXPECT_NE(json.find(word), std::string::npos) << word << " in " << json;
}

TEST(Prepare, NeverLetsTheTruePeakExceedMinusOneDecibel) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  // A quiet tone with clicks: its loudness asks for a gain that its peaks do not allow.
  std::vector<float> clicks = tone(2.0, 16000, 200.0, 0.01);
  for (size_t i = 1000; i < clicks.size(); i += 4000) clicks[i] = 0.9f;
  corpus.add("clicks", "Clicks.", clicks);
  corpus.add("tone", "A tone.", tone(2.0, 16000));
  const fs::path out = folder.path() / "out";
  EXPECT_EQ(run_prepare({corpus.folder()}, out).lowered_peaks, 1);
  const double most = std::pow(10.0, -1.0 / 20.0);
  EXPECT_LE(vits::audio::true_peak(sound_in(out / "wavs" / "clicks.wav").samples), most);
  EXPECT_GT(vits::audio::true_peak(sound_in(out / "wavs" / "clicks.wav").samples), 0.98 * most);

  PrepareOptions to_peak = options_for_tones();
  to_peak.clip.peak = -6.0;
  run_prepare({corpus.folder()}, out, to_peak);
  EXPECT_NEAR(vits::audio::true_peak(sound_in(out / "wavs" / "tone.wav").samples), 0.501, 0.002);

  PrepareOptions as_it_is = options_for_tones();
  as_it_is.clip.loudness = "off";
  run_prepare({corpus.folder()}, out, as_it_is);
  EXPECT_NEAR(vits::audio::true_peak(sound_in(out / "wavs" / "tone.wav").samples), 0.3, 0.002);
}

TEST(Prepare, TrimsBySpeechAndRefusesNoise) {
  if (vits::base::find_program("espeak-ng").empty()) GTEST_SKIP() << "no espeak-ng";
  TemporaryFolder folder;
  const fs::path spoken = folder.path() / "spoken.wav";
  vits::base::run_program({"espeak-ng", "-w", spoken.string(), "We are going home before the rain begins."});
  const auto speech = sound_in(spoken);
  std::vector<float> noise(static_cast<size_t>(speech.sample_rate_hz));
  uint32_t state = 1;
  for (float& sample : noise) {
    state = state * 1664525u + 1013904223u;
    sample = 0.02f * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  Corpus corpus(folder.path() / "clips");
  corpus.add("speech", "We are going home before the rain begins.", joined(joined(noise, speech.samples), noise),
             speech.sample_rate_hz);
  corpus.add("noise", "Nobody.", joined(noise, noise), speech.sample_rate_hz);
  PrepareOptions options = options_for_tones();
  options.clip.trim = "vad";
  for (const int64_t rate : {16000, 22050}) {
    options.clip.sample_rate_hz = rate;
    const fs::path out = folder.path() / ("out" + std::to_string(rate));
    run_prepare({corpus.folder()}, out, options);
    // Energy would keep the noise, which is 26 dB below the speech.
    EXPECT_NEAR(sound_in(out / "wavs" / "speech.wav").seconds(), speech.seconds() + 0.2, 0.35);
    const auto rejected = rejected_rows(out);
    ASSERT_EQ(rejected.size(), 1u);
    EXPECT_EQ(rejected[0].reason.rfind("no speech: ", 0), 0u) << rejected[0].reason;
  }
}

TEST(Prepare, TakesOneChannelWhereTheTwoCancel) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips";
  const std::vector<float> mono = joined(tone(1.0, 16000, 300), tone(1.0, 16000, 500));
  std::vector<float> opposed;
  for (const float sample : mono) opposed.insert(opposed.end(), {sample, -sample});
  std::string stereo = vits::audio::wav_bytes(opposed, 16000);
  stereo[22] = 2;  // channels
  stereo[32] = 4;  // bytes of a frame
  write_file(clips / "stereo.wav", stereo);
  write_wav(clips / "mono.wav", mono);
  for (const std::string name : {"stereo", "mono"}) {
    const fs::path manifest = clips / (name + ".csv");
    write_file(manifest,
               fmt::format("id,path,text,start,end\nfirst,{0}.wav,One.,0,1\nsecond,{0}.wav,Two.,1,2\n", name));
    EXPECT_EQ(run_prepare({manifest}, folder.path() / name).made, 2);
  }
  for (const char* wav : {"wavs/first.wav", "wavs/second.wav"})
    EXPECT_EQ(read_file(folder.path() / "stereo" / wav), read_file(folder.path() / "mono" / wav)) << wav;
}

TEST(Prepare, CutsASegmentFromALongRecordingAsItsManifestSays) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips";
  std::vector<float> hour;
  for (int i = 0; i < 60; ++i) hour = joined(joined(hour, tone(1.0, 8000, 200.0 + 20.0 * i)), std::vector<float>(8000));
  write_wav(clips / "talk.wav", hour, 8000);
  write_file(clips / "manifest.csv",
             "path,text,start,end\ntalk.wav,Third.,4,5\ntalk.wav,First.,0,1\ntalk.wav,Beyond.,119,125\n"
             "talk.wav,Last.,118,119\ntalk.wav,Never.,300,301\ntalk.wav,Much.,0,119\n");
  PrepareOptions options = options_for_tones();
  options.clip.trim = "off";
  options.clip.max_seconds = 10.0;
  const fs::path out = folder.path() / "out";
  const Prepared prepared = run_prepare({clips / "manifest.csv"}, out, options);
  EXPECT_EQ(prepared.made, 3);
  for (const auto& clip : vits::data::read_training_set(out).clips) {
    const auto sound = sound_in(out / "wavs" / (clip.id + ".wav"));
    EXPECT_NEAR(sound.seconds(), 1.0, 1e-3);
    // Each tone has its own frequency, so its waves say whether it is the one that was asked for.
    int waves = 0;
    for (size_t i = 1; i < sound.samples.size(); ++i) waves += sound.samples[i - 1] < 0 && sound.samples[i] >= 0;
    EXPECT_NEAR(waves, clip.text == "First." ? 200 : clip.text == "Third." ? 240 : 1380, 2) << clip.text;
  }
  const auto rejected = rejected_rows(out);
  ASSERT_EQ(rejected.size(), 3u);
  EXPECT_EQ(rejected[0].row, "4");
  EXPECT_EQ(rejected[0].reason.rfind("segment: ", 0), 0u) << rejected[0].reason;
  EXPECT_EQ(rejected[1].row, "6");
  EXPECT_EQ(rejected[2].reason.rfind("too long: ", 0), 0u) << rejected[2].reason;

  // The cuts of the manifest are 0.1 s off: in the tone. The pauses nearby are not.
  write_file(clips / "manifest.csv", "path,text,start,end\ntalk.wav,Third.,3.9,4.9\ntalk.wav,Fourth.,5.9,6.9\n");
  options.clip.split_long = true;
  options.clip.loudness = "off";
  run_prepare({clips / "manifest.csv"}, out, options);
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(out / "wavs")) {
    const auto sound = sound_in(entry.path());
    EXPECT_LT(std::abs(sound.samples.front()), 1e-3);
    EXPECT_LT(std::abs(sound.samples.back()), 1e-3);
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

TEST(Prepare, TakesTheSameClipsForASubsetAndTheSmallerOutOfTheLarger) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  for (int i = 0; i < 12; ++i)
    corpus.add("c" + std::to_string(i), "Text " + std::to_string(i), tone(0.6, 8000, 300 + i), 8000);
  const auto ids = [&](int64_t most) {
    PrepareOptions options = options_for_tones();
    options.max_samples = most;
    const fs::path out = folder.path() / "out";
    run_prepare({corpus.folder()}, out, options);
    std::set<std::string> names;
    for (const auto& clip : vits::data::read_training_set(out).clips) names.insert(clip.id);
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(out / "wavs")) files += names.contains(entry.path().stem());
    EXPECT_EQ(files, names.size());
    return names;
  };
  const auto eight = ids(8), three = ids(3);
  EXPECT_EQ(eight.size(), 8u);
  EXPECT_EQ(three.size(), 3u);
  EXPECT_TRUE(std::includes(eight.begin(), eight.end(), three.begin(), three.end()));
  EXPECT_EQ(ids(0).size(), 12u);
}

TEST(Prepare, ListsDuplicatesAndDropsThoseThatSayTheSameWhenAsked) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Same text.", tone(0.6, 16000, 300));
  corpus.add("b", "Same text.", tone(0.6, 16000, 300));
  corpus.add("c", "Other text.", tone(0.6, 16000, 300));
  corpus.add("d", "Same text.", tone(0.6, 16000, 500));
  corpus.add("e", "Alone.", tone(0.6, 16000, 700));
  const fs::path out = folder.path() / "out";
  const Prepared kept = run_prepare({corpus.folder()}, out);
  EXPECT_EQ(kept.training_clips + kept.validation_clips, 5);
  EXPECT_EQ(kept.duplicate_sounds, 2);
  EXPECT_EQ(kept.duplicate_texts, 2);
  EXPECT_EQ(kept.contradictions, 1);
  EXPECT_EQ(read_file(out / "duplicates.csv"), "id,same,as\nb,sound and text,a\nc,sound,a\nd,text,a\n");

  PrepareOptions options = options_for_tones();
  options.drop_duplicates = true;
  const Prepared dropped = run_prepare({corpus.folder()}, out, options);
  EXPECT_EQ(dropped.training_clips + dropped.validation_clips, 4);
  ASSERT_EQ(rejected_rows(out).size(), 1u);
  EXPECT_EQ(rejected_rows(out)[0].id, "b");
  EXPECT_FALSE(fs::exists(out / "wavs" / "b.wav"));
}

TEST(Prepare, KeepsIdsOfSeveralSourcesApart) {
  TemporaryFolder folder;
  Corpus first(folder.path() / "first"), second(folder.path() / "second");
  first.add("same", "Said by one.", tone(0.6, 16000, 300));
  second.add("same", "Said by another.", tone(0.6, 16000, 500));
  const fs::path out = folder.path() / "out";
  EXPECT_EQ(run_prepare({first.folder(), second.folder()}, out).made, 2);
  const auto set = vits::data::read_training_set(out);
  EXPECT_TRUE(set.defects.empty());
  ASSERT_EQ(set.clips.size(), 2u);
  for (const auto& clip : set.clips) EXPECT_TRUE(fs::exists(set.wav(clip)));
}

TEST(Prepare, GivesTheSameBytesOnAnyNumberOfThreads) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  add_three(corpus);
  for (int i = 0; i < 20; ++i)
    corpus.add("c" + std::to_string(i), "Text " + std::to_string(i % 7), tone(0.3 + 0.05 * i, 22050, 300 + i), 22050);
  PrepareOptions options = options_for_tones();
  std::map<std::string, std::string> first;
  for (const int64_t threads : {1, 2, 7}) {
    options.threads = threads;
    const fs::path out = folder.path() / ("out" + std::to_string(threads));
    run_prepare({corpus.folder()}, out, options);
    if (first.empty())
      first = tree(out);
    else
      EXPECT_EQ(tree(out), first) << threads << " threads";
  }
}

std::vector<vits::data::HeldOutCandidate> clips_of(const std::string& speaker, int from, int to) {
  std::vector<vits::data::HeldOutCandidate> clips;
  for (int i = from; i < to; ++i) clips.push_back({speaker + std::to_string(i), speaker});
  return clips;
}

TEST(HeldOut, MovesNoClipWhenOthersCome) {
  const auto all = clips_of("a", 0, 5000);
  const std::vector<vits::data::HeldOutCandidate> some(all.begin() + 1000, all.begin() + 3000);
  const auto of_all = vits::data::held_out(all, 0.1), of_some = vits::data::held_out(some, 0.1);
  EXPECT_TRUE(std::equal(of_some.begin(), of_some.end(), of_all.begin() + 1000));
  EXPECT_NEAR(static_cast<double>(std::count(of_all.begin(), of_all.end(), true)), 500.0, 90.0);  // 4 sigma
  // A larger share holds the smaller one.
  const auto more = vits::data::held_out(all, 0.2);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_LE(of_all[i], more[i]);
  const auto none = vits::data::held_out(all, 0.0);
  EXPECT_EQ(std::count(none.begin(), none.end(), true), 0);
}

TEST(HeldOut, KeepsSpeakersOnBothSides) {
  std::vector<vits::data::HeldOutCandidate> clips;
  std::map<std::string, int> sizes;
  for (int speaker = 0; speaker < 400; ++speaker) {
    const std::string name = "s" + std::to_string(speaker) + "_";
    sizes[name] = speaker % 2 ? 20 : 1;
    const auto own = clips_of(name, 0, sizes[name]);
    clips.insert(clips.end(), own.begin(), own.end());
  }
  const auto out = vits::data::held_out(clips, 0.1);
  std::map<std::string, int> counts;
  for (size_t i = 0; i < clips.size(); ++i) counts[clips[i].speaker] += out[i];
  for (const auto& [name, size] : sizes) {
    EXPECT_LT(counts[name], size) << name;  // something is left to learn from
    EXPECT_GE(counts[name], size == 20 ? 1 : 0) << name;
  }
}

}  // namespace
