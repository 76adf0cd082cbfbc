// What an audit found, as a page for a browser and as lines for a terminal.
#pragma once
#include <filesystem>
#include <string>

#include "vits/data/audit.h"

namespace vits::cli {

// A page that will stand at `page_path`: it plays the recordings by their path relative to it.
std::string audit_page(const data::Audit& audit, const std::filesystem::path& page_path);

std::string audit_summary(const data::Audit& audit);

// "12 clips", "1 clip", "3 places": how much of it there is.
std::string extent_text(const data::Finding& finding);

// "8 clips of up to 14.2 s: about 5.1 GB".
std::string longest_batch_text(const data::LongestBatch& batch);

// Beginning, end and pauses inside, of all that can be heard.
double silence_share(const data::Audit& audit);

// "metadata.csv, row 12 (0012)".
std::string place_of(const data::AuditedClip& audited);

}  // namespace vits::cli
