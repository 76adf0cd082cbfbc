#include <algorithm>
#include <cstdio>
#include <map>

#include "decoder.h"
#include "vits/base/error.h"

namespace vits::audio {

namespace {

std::string name_of(int format) {
  static const std::map<int, std::string> containers{
      {SF_FORMAT_WAV, "WAV"},    {SF_FORMAT_WAVEX, "WAV"},        {SF_FORMAT_RF64, "WAV"},
      {SF_FORMAT_W64, "Wave64"}, {SF_FORMAT_AIFF, "AIFF"},        {SF_FORMAT_AU, "AU"},
      {SF_FORMAT_CAF, "CAF"},    {SF_FORMAT_NIST, "NIST SPHERE"}, {SF_FORMAT_FLAC, "FLAC"},
      {SF_FORMAT_OGG, "OGG"},    {SF_FORMAT_MPEG, "MPEG audio"}};
  static const std::map<int, std::string> codecs{
      {SF_FORMAT_PCM_S8, "8-bit"},        {SF_FORMAT_PCM_U8, "8-bit"},      {SF_FORMAT_PCM_16, "16-bit"},
      {SF_FORMAT_PCM_24, "24-bit"},       {SF_FORMAT_PCM_32, "32-bit"},     {SF_FORMAT_FLOAT, "float"},
      {SF_FORMAT_DOUBLE, "double"},       {SF_FORMAT_ULAW, "u-law"},        {SF_FORMAT_ALAW, "A-law"},
      {SF_FORMAT_IMA_ADPCM, "IMA ADPCM"}, {SF_FORMAT_MS_ADPCM, "MS ADPCM"}, {SF_FORMAT_GSM610, "GSM 6.10"},
      {SF_FORMAT_ALAC_16, "ALAC"},        {SF_FORMAT_ALAC_20, "ALAC"},      {SF_FORMAT_ALAC_24, "ALAC"},
      {SF_FORMAT_ALAC_32, "ALAC"},        {SF_FORMAT_MPEG_LAYER_III, "MP3"}};
  const auto container = containers.find(format & SF_FORMAT_TYPEMASK);
  const auto codec = codecs.find(format & SF_FORMAT_SUBMASK);
  if ((format & SF_FORMAT_SUBMASK) == SF_FORMAT_VORBIS) return "OGG Vorbis";
  if ((format & SF_FORMAT_SUBMASK) == SF_FORMAT_OPUS) return "Opus";
  if ((format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG && codec != codecs.end()) return codec->second;
  const std::string name = container == containers.end() ? "sound" : container->second;
  return codec == codecs.end() ? name : name + ", " + codec->second;
}

// libsndfile's sentence without its "Error : " and its full stop.
std::string reason_of(std::string text) {
  if (text.starts_with("Error : ")) text.erase(0, 8);
  while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "it gives no reason" : text;
}

}  // namespace

std::unique_ptr<SoundReader::SndfileDecoder> SoundReader::SndfileDecoder::open(ByteSource& source, std::string& why) {
  std::unique_ptr<SndfileDecoder> decoder(new SndfileDecoder);
  decoder->place_.source = &source;
  SF_VIRTUAL_IO calls{};
  calls.get_filelen = [](void* user) -> sf_count_t { return static_cast<Place*>(user)->source->size(); };
  calls.tell = [](void* user) -> sf_count_t { return static_cast<Place*>(user)->at; };
  calls.seek = [](sf_count_t offset, int whence, void* user) -> sf_count_t {
    Place& place = *static_cast<Place*>(user);
    const int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? place.at : place.source->size();
    // Headers lie: an offset may be anything.
    int64_t to = 0;
    if (__builtin_add_overflow(from, offset, &to) || to < 0) return -1;
    return place.at = to;
  };
  calls.read = [](void* to, sf_count_t count, void* user) -> sf_count_t {
    Place& place = *static_cast<Place*>(user);
    if (count <= 0) return 0;
    const size_t taken = place.source->read(place.at, {static_cast<char*>(to), static_cast<size_t>(count)});
    place.at += static_cast<int64_t>(taken);
    return static_cast<sf_count_t>(taken);
  };
  SF_INFO info{};
  decoder->file_ = sf_open_virtual(&calls, SFM_READ, &info, &decoder->place_);
  if (!decoder->file_) {
    why = reason_of(sf_strerror(nullptr));
    return nullptr;
  }
  decoder->sample_rate_hz = info.samplerate;
  decoder->channels = info.channels;
  decoder->format = name_of(info.format);
  // FLAC's header counts its samples; the other counts are made from the bytes that are there.
  if ((info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC) decoder->declared_ = info.frames;
  return decoder;
}

SoundReader::SndfileDecoder::~SndfileDecoder() {
  if (file_) sf_close(file_);
}

size_t SoundReader::SndfileDecoder::read(std::span<float> frames) {
  if (!failure_.empty()) throw Error("libsndfile cannot decode the rest ({})", failure_);
  const auto wanted = static_cast<sf_count_t>(frames.size()) / channels;
  const sf_count_t count = std::max<sf_count_t>(0, sf_readf_float(file_, frames.data(), wanted));
  if (count < wanted && sf_error(file_) != SF_ERR_NO_ERROR) {
    failure_ = reason_of(sf_strerror(file_));
    if (count == 0) return read(frames);
  }
  return static_cast<size_t>(count);
}

}  // namespace vits::audio
