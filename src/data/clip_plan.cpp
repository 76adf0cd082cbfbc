#include "clip_plan.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "clip_rows.h"
#include "hash.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"
#include "vits/data/ids.h"
#include "vits/data/training_set.h"

namespace vits::data {

namespace {

int64_t characters_in(const std::string& utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

// Puts the text into the form that a manifest can hold; gives why the clip is to be left out, or nothing.
std::string text_complaint(Clip& clip, const ClipOptions& options) {
  clip.text = manifest_text(clip.text);
  clip.speaker = manifest_text(clip.speaker);
  const int64_t characters = characters_in(clip.text);
  if (characters == 0) return "text: there is none.";
  if (characters < options.min_characters)
    return fmt::format("text: {} characters are less than --min_characters {}.", characters, options.min_characters);
  if (characters > options.max_characters)
    return fmt::format("text: {} characters are more than --max_characters {}.", characters, options.max_characters);
  return {};
}

// The clips of the smallest hashes, so that a larger subset holds the smaller one.
std::vector<bool> chosen(const std::vector<Clip>& clips, int64_t most) {
  if (most == 0 || static_cast<int64_t>(clips.size()) <= most) return std::vector<bool>(clips.size(), true);
  std::vector<bool> taken(clips.size(), false);
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < clips.size(); ++i) order.emplace_back(share_of("max_samples", clips[i].id), i);
  std::nth_element(order.begin(), order.begin() + most, order.end());
  for (int64_t i = 0; i < most; ++i) taken[order[static_cast<size_t>(i)].second] = true;
  return taken;
}

// Removes what is not to be taken, and moves the sources' bounds with it.
void keep(ClipPlan& plan, const std::vector<bool>& taken) {
  std::vector<Clip> kept;
  for (PlannedSource& source : plan.sources) {
    const size_t begin = source.first_clip, end = begin + source.clips;
    source.first_clip = kept.size();
    for (size_t i = begin; i < end; ++i)
      if (taken[i]) kept.push_back(std::move(plan.clips[i]));
    source.clips = kept.size() - source.first_clip;
  }
  plan.clips = std::move(kept);
}

std::vector<Recording> recordings_of(const std::vector<Clip>& clips) {
  std::vector<Recording> recordings;
  std::unordered_map<std::string, size_t> known;
  for (size_t i = 0; i < clips.size(); ++i) {
    const AudioPlace& place = clips[i].audio;
    std::string name = place.file.string();
    if (place.table) name += fmt::format(", row {}", place.row + 1);
    const std::string key = place.table ? fmt::format("{}\n{}", name, place.column) : name;
    const auto [found, is_new] = known.emplace(key, recordings.size());
    if (is_new) recordings.push_back({std::move(name), {}});
    recordings[found->second].clips.push_back(i);
  }
  return recordings;
}

}  // namespace

Rejected rejection_of(const Clip& clip, std::string reason) {
  return {.id = clip.id,
          .file = clip.listed_in.empty() ? clip.audio.file.string() : clip.listed_in,
          .row = clip.listed_row,
          .reason = std::move(reason)};
}

ClipPlan plan_clips(const std::vector<PrepareSource>& sources, const PrepareOptions& options,
                    const PrepareListener& listener) {
  ClipPlan plan;
  for (const PrepareSource& source : sources) {
    base::throw_if_stopped();
    Listing listing = list_source(source.path, options.layout);
    const std::string name = source.name.empty() ? source.path.string() : source.name;
    if (listener.notice)
      listener.notice(fmt::format(
          "{}: {}{}, {} clips{}", name, listing.layout,
          listing.columns.empty() ? std::string() : fmt::format(" ({})", listing.columns), listing.clips.size(),
          listing.rejected.empty() ? std::string() : fmt::format(", {} rows that are none", listing.rejected.size())));
    plan.sources.push_back({.name = name,
                            .layout = listing.layout,
                            .path = source.path,
                            .files = std::move(listing.files),
                            .first_clip = plan.clips.size(),
                            .clips = listing.clips.size(),
                            .listed = static_cast<int64_t>(listing.clips.size())});
    std::move(listing.clips.begin(), listing.clips.end(), std::back_inserter(plan.clips));
    for (Rejected& rejected : listing.rejected) {
      rejected.reason = "manifest: " + as_sentence(std::move(rejected.reason));
      plan.rejected.push_back(std::move(rejected));
    }
  }
  // Before anything is left out, so that no option changes the id of another clip.
  make_ids_safe(plan.clips);
  keep(plan, chosen(plan.clips, options.max_samples));
  std::vector<bool> taken(plan.clips.size(), true);
  for (size_t i = 0; i < plan.clips.size(); ++i) {
    std::string complaint = text_complaint(plan.clips[i], options.clip);
    if (complaint.empty()) continue;
    taken[i] = false;
    plan.rejected.push_back(rejection_of(plan.clips[i], std::move(complaint)));
  }
  keep(plan, taken);
  plan.recordings = recordings_of(plan.clips);
  return plan;
}

}  // namespace vits::data
