// Everything that a run consists of before its first step: the voice, the clips, the networks.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/data/clip_store.h"
#include "vits/data/sampler.h"
#include "vits/text/tokenizer.h"
#include "vits/train/learner.h"
#include "vits/train/micro_batches.h"
#include "vits/train/run_options.h"
#include "vits/train/step_graphs.h"

namespace vits::train {

struct Session {
  checkpoint::VoiceFiles voice;  // grown by --speakers and --add_symbols; its weights are those of the beginning
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::unique_ptr<data::ClipStore> store;
  std::unique_ptr<data::Sampler> sampler;
  std::unique_ptr<Learner> learner;
  std::unique_ptr<StepGraphs> graphs;  // of the learner's steps
  bool fresh_discriminators = false;
  // Of --batch_size auto: under which key the answer is kept, the answer, and what earlier runs found out later.
  std::string fit_key;
  int64_t clips_that_fit = 0;
  MicroBatches micro_batches;
  std::vector<std::string> notes;  // sentences for the person
};

at::Device device_of(const MachineOptions& options);

// The half precision to train in, if any; a sentence about it is added to `notes` when it is not what was asked for.
std::optional<c10::ScalarType> precision_of(const MachineOptions& options, at::Device device,
                                            std::vector<std::string>& notes);

// `voice_path` is where options.places.model_name is on this disk. `--batch_size auto` becomes a number in `options`.
Session open_session(RunOptions& options, const std::filesystem::path& voice_path);

// The voice with the learner's present (or averaged) weights: to be written or spoken with.
checkpoint::VoiceFiles voice_now(const Session& session);

}  // namespace vits::train
