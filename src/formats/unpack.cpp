#include "unpack.h"

#include <lz4.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "snappy.h"

namespace vits::formats {

namespace {

// A column of one value packs to nothing, a large buffer of recordings hardly at all.
constexpr uint64_t kFreeBytes = 32ull << 20, kBytesPerPackedByte = 20;
constexpr uint64_t kStep = 1 << 20;

[[noreturn]] void damaged(std::string_view codec, uint64_t size) {
  throw Error("its {} data is damaged or does not unpack to the {} bytes it should", codec, size);
}

// Makes room for the next piece: no more than as much again as has come.
void grow(std::string& text, uint64_t written, uint64_t size) {
  text.resize(std::min(size, std::max(kStep, 2 * written)));
}

std::string unpack_zstd(Bytes packed, uint64_t size) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  // The window is memory that a header asks for: 32 MB at most, of which pages of tables need a part.
  if (!stream || ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 25)))
    damaged("Zstandard", size);
  std::string text;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  uint64_t written = 0;
  size_t state = 1;
  while (state != 0) {
    if (written == text.size()) grow(text, written, size);
    ZSTD_outBuffer out{text.data(), text.size(), written};
    const size_t read_before = in.pos;
    state = ZSTD_decompressStream(stream.get(), &out, &in);
    const bool stuck = out.pos == written && in.pos == read_before;
    written = out.pos;
    if (ZSTD_isError(state) || (state != 0 && stuck)) damaged("Zstandard", size);
  }
  if (written != size || in.pos != in.size) damaged("Zstandard", size);
  return text;
}

std::string unpack_gzip(Bytes packed, uint64_t size) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 32) != Z_OK) throw Error("zlib cannot be started");  // 32: gzip or zlib
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> ends(&stream, &inflateEnd);
  std::string text;
  uint64_t written = 0;
  char spare;  // zlib wants a place to write to, even for nothing
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<unsigned>(packed.size());
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (written == text.size()) grow(text, written, size);
    const uint64_t room = text.size() - written;
    stream.next_out = reinterpret_cast<unsigned char*>(room ? text.data() + written : &spare);
    stream.avail_out = static_cast<unsigned>(std::max<uint64_t>(room, 1));
    const unsigned before = stream.avail_out;
    state = inflate(&stream, Z_NO_FLUSH);
    const unsigned made = before - stream.avail_out;
    written += made;
    if ((state != Z_OK && state != Z_STREAM_END) || written > size) damaged("gzip", size);
    if (state == Z_OK && made == 0 && stream.avail_in == 0) damaged("gzip", size);
  }
  if (written != size) damaged("gzip", size);
  return text;
}

std::string unpack_lz4_frame(Bytes packed, uint64_t size) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) throw Error("LZ4 cannot be started");
  const std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> ends(context,
                                                                                  &LZ4F_freeDecompressionContext);
  std::string text;
  uint64_t written = 0, read = 0;
  size_t state = 1;
  while (state != 0) {
    if (written == text.size()) grow(text, written, size);
    size_t made = text.size() - written, taken = packed.size() - read;
    state = LZ4F_decompress(context, text.data() + written, &made, packed.data() + read, &taken, nullptr);
    written += made;
    read += taken;
    if (LZ4F_isError(state) || (state != 0 && made == 0 && taken == 0)) damaged("LZ4", size);
  }
  if (written != size || read != packed.size()) damaged("LZ4", size);
  return text;
}

// A block cannot unpack to more than 255 times its size, so the promise can be held against that.
std::string unpack_lz4_block(Bytes packed, uint64_t size) {
  if (size > 255 * packed.size()) damaged("LZ4", size);
  std::string text(size, '\0');
  const int made =
      LZ4_decompress_safe(packed.data(), text.data(), static_cast<int>(packed.size()), static_cast<int>(size));
  if (made < 0 || static_cast<uint64_t>(made) != size) damaged("LZ4", size);
  return text;
}

}  // namespace

std::string unpack(Codec codec, Bytes packed, uint64_t size) {
  constexpr uint64_t kMost = 1ull << 30;  // zlib and LZ4 count in 31 bits
  if (size > kMost || packed.size() > kMost
      || (size > kFreeBytes && (size - kFreeBytes) / kBytesPerPackedByte > packed.size()))
    throw Error("it is damaged: {} packed bytes would unpack to {}", packed.size(), size);
  switch (codec) {
    case Codec::snappy:
      return unpack_snappy(packed, size);
    case Codec::gzip:
      return unpack_gzip(packed, size);
    case Codec::zstd:
      return unpack_zstd(packed, size);
    case Codec::lz4_frame:
      return unpack_lz4_frame(packed, size);
    case Codec::lz4_block:
      return unpack_lz4_block(packed, size);
    case Codec::none:
      break;
  }
  if (packed.size() != size) throw Error("it is damaged: {} bytes stand where {} should", packed.size(), size);
  return std::string(as_text(packed));
}

}  // namespace vits::formats
