#include "thrift.h"

namespace vits::formats {

// A boolean is a byte in a list, while a field's type says it all.
void Thrift::skip_element(uint8_t type) { skip(type == kTrue || type == kFalse ? uint8_t{kByte} : type); }

void Thrift::skip(uint8_t type) {
  switch (type) {
    case kTrue:
    case kFalse:
      return;
    case kByte:
      bytes_.take(1);
      return;
    case kInt16:
    case kInt32:
    case kInt64:
      bytes_.varint();
      return;
    case kDouble:
      bytes_.take(8);
      return;
    case kBinary:
      bytes_.take(bytes_.varint());
      return;
    case kStruct:
      structure([](int64_t, uint8_t) { return false; });
      return;
    case kList:
    case kSet:
      list(type, [&](uint8_t element) { skip_element(element); });
      return;
    case kMap: {
      const Deeper deeper(*this);
      const uint64_t count = bytes_.varint();
      if (count == 0) return;
      expect(count <= bytes_.left());
      const auto types = bytes_.next<uint8_t>();
      for (uint64_t i = 0; i < count; ++i)
        for (const int element : {types >> 4, types & 15}) skip_element(static_cast<uint8_t>(element));
      return;
    }
    default:
      expect(false);
  }
}

}  // namespace vits::formats
