// The steps of an audit; audit.cpp runs them in this order.
#pragma once
#include <utility>
#include <vector>

#include "vits/data/audit.h"

namespace vits::data::auditing {

void listen(Audit& audit, const TrainingSet& set, const AuditOptions& options);

// Tokens, unknown characters, and who speaks how fast.
void read_texts(Audit& audit, const AuditVoice& voice);
void measure_paces(Audit& audit);

// Clips of which each has an earlier one with the same sound or text: (later, earlier).
std::vector<std::pair<size_t, size_t>> same_sounds(const Audit& audit);
std::vector<std::pair<size_t, size_t>> same_texts(const Audit& audit);

void find(Audit& audit, const TrainingSet& set, const AuditVoice& voice, const AuditOptions& options);

}  // namespace vits::data::auditing
