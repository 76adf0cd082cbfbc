// speakers.html: a map of a training folder's clips by voice, to look at and to listen to.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/data/label_speakers.h"

namespace vits::cli {

// Sounds are found beside the page, which stands in the training folder.
std::string speakers_page(const data::TrainingSet& set, const data::SpeakerLabels& labels,
                          const std::vector<int64_t>& numbers);

}  // namespace vits::cli
