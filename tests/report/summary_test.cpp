#include "vits/report/summary.h"

#include <gtest/gtest.h>

namespace {

using namespace vits::report;

RunSummary finished_night() {
  RunSummary summary;
  summary.steps = 22100;
  summary.epochs = 11.806;
  summary.used_seconds = 34080;
  summary.given_seconds = 34200;
  summary.samples_per_second = 12.44;
  summary.start = {0, 0, 21.3};
  summary.best = {20500, 11, 17.025};
  summary.end = {22100, 12, 17.1};
  summary.best_model = "checkpoints/best_model";
  summary.final_model = "finetuned";
  summary.checkpoint_dir = "checkpoints";
  summary.checkpoints_kept = 5;
  return summary;
}

TEST(Summary, SaysWhatCameOfTheNightAndHowToHearIt) {
  EXPECT_EQ(
      summary_text(finished_night()),
      "Trained     22,100 steps (11.81 epochs) in 9 h 28 min of 9 h 30 min, 12.4 clips a second\n"
      "Quality     validation mel loss: 21.3 at the start, best 17.02 at step 20,500 (epoch 11), 17.1 at the end\n"
      "            the best is 20.1 % lower than the start\n"
      "Best voice  checkpoints/best_model\n"
      "Last voice  finetuned\n"
      "Checkpoints 5 in checkpoints\n"
      "Listen      vits-train synthesize --model checkpoints/best_model --text \"This is my new voice.\" "
      "--out hello.wav\n");
}

TEST(Summary, OfARunThatWasStoppedSaysWhyAndHowToGoOn) {
  RunSummary summary;
  summary.why_it_ended = "stopped by Ctrl-C";
  summary.steps = 1;
  summary.epochs = 0.002;
  summary.used_seconds = 12.5;
  summary.measure = "training mel loss";
  summary.end = {1, 1, 40.0};
  summary.final_model = "my voices/kim";
  summary.skipped_clips = 1;
  summary.skipped_file = "training/skipped.csv";
  summary.sentence = "Rojbaş \"Kurdistan\"";
  summary.speaker = "anna b";
  summary.resume_command = "vits-train --checkpoint_dir checkpoints";
  summary.notes = {"Two steps were taken back.", "It is over-fitting."};
  EXPECT_EQ(summary_text(summary),
            "Trained     1 step (0.00 epochs) in 12.5 s\n"
            "            stopped by Ctrl-C\n"
            "Quality     training mel loss: 40 at the end\n"
            "Last voice  my voices/kim\n"
            "Skipped     1 clip, listed in training/skipped.csv\n"
            "Note        Two steps were taken back.\n"
            "            It is over-fitting.\n"
            "Go on       vits-train --checkpoint_dir checkpoints\n"
            "Listen      vits-train synthesize --model \"my voices/kim\" --speaker \"anna b\" "
            "--text 'Rojbaş \"Kurdistan\"' --out hello.wav\n");
}

TEST(Summary, SaysWhenNothingGotBetter) {
  RunSummary summary = finished_night();
  summary.best = summary.start;
  summary.end = {22100, 12, 22.5};
  const std::string text = summary_text(summary);
  EXPECT_NE(text.find("validation mel loss: 21.3 at the start, 22.5 at the end\n"), std::string::npos) << text;
  EXPECT_NE(text.find("no validation was better than the start"), std::string::npos) << text;
}

TEST(Summary, WordsOfACommandAreQuotedAsAShellNeedsIt) {
  EXPECT_EQ(shell_word("checkpoints/best_model-1.2"), "checkpoints/best_model-1.2");
  EXPECT_EQ(shell_word("größe"), "größe");
  EXPECT_EQ(shell_word(""), "\"\"");
  EXPECT_EQ(shell_word("it's here"), "\"it's here\"");
  EXPECT_EQ(shell_word("5 $ it's"), "'5 $ it'\\''s'");
}

}  // namespace
