// What `speakers` writes for programs: speakers.json, who the speakers are, under numbers that stay theirs when they
// are renamed, and speakers.csv, how sure each clip is.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "vits/data/label_speakers.h"
#include "vits/formats/json.h"

namespace vits::cli {

// The number of each speaker's name; empty when there is no such file. Throws Error when it is damaged.
std::map<std::string, int64_t> speaker_numbers(const std::filesystem::path& speakers_json);

// A number for each speaker of `labels`: the known one, else the one that its name is, else the next that is free.
std::vector<int64_t> number_speakers(const data::SpeakerLabels& labels, const std::map<std::string, int64_t>& known);

std::string speaker_color(size_t place);  // of a speaker's place in the labels

formats::OrderedJson speakers_json(const data::SpeakerLabels& labels, const std::vector<int64_t>& numbers);

// A row for each clip: id, speaker, confidence, and why one should look at it, if one should.
std::string speakers_csv(const data::TrainingSet& set, const data::SpeakerLabels& labels);

}  // namespace vits::cli
