// How far a run is.
#pragma once
#include <cstdint>

#include "vits/formats/json.h"

namespace vits::train {

struct Progress {
  int64_t step = 0;            // updates made
  int64_t epoch = 0;           // the one at work, from 0
  int64_t batch_in_epoch = 0;  // batches learned of it
  int64_t batches = 0;         // in all; every batch's chance follows from its number
  int64_t samples = 0;         // clips learned, repeated ones counted

  bool operator==(const Progress&) const = default;
};

inline void to_json(formats::Json& json, const Progress& progress) {
  json["step"] = progress.step;
  json["epoch"] = progress.epoch;
  json["batch_in_epoch"] = progress.batch_in_epoch;
  json["batches"] = progress.batches;
  json["samples"] = progress.samples;
}

inline void from_json(const formats::Json& json, Progress& progress) {
  json.at("step").get_to(progress.step);
  json.at("epoch").get_to(progress.epoch);
  json.at("batch_in_epoch").get_to(progress.batch_in_epoch);
  json.at("batches").get_to(progress.batches);
  json.at("samples").get_to(progress.samples);
}

}  // namespace vits::train
