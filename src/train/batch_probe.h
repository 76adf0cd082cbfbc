// Finds out what `--batch_size auto` is on this machine.
#pragma once
#include "vits/train/session.h"

namespace vits::train {

// Puts numbers in the place of auto, in batch_size and gradient_accumulation_steps: by an answer of an earlier run, or
// by steps on the longest clips there are, after which everything is put back. On a card as many clips are tried as
// fit; RAM is never tried out, because Linux ends whoever takes too much: one and two clips tell how many would fit.
// The session is whole but for its sampler, and gets a note.
void find_batch_size(Session& session, RunOptions& options);

// What an answer hangs on: card or machine and its memory, networks, precision, the longest clips, the program.
std::string fit_key(const Session& session, const RunOptions& options);

}  // namespace vits::train
