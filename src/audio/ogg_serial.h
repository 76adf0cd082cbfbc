// An Ogg stream carries a number that tells it from others in the same file. libsndfile draws it from the clock, which
// would make two files of the same sound differ.
#pragma once
#include <string>

namespace vits::audio {

// Gives every page of the one stream in `ogg` the serial number 1 and the checksum that follows from it.
void fix_ogg_serial(std::string& ogg);

}  // namespace vits::audio
