// An Arrow file or stream as a table.
#pragma once
#include <memory>

#include "vits/base/mapped_file.h"
#include "vits/formats/columnar.h"

namespace vits::formats {

std::shared_ptr<const ColumnarTable> open_arrow_table(std::unique_ptr<base::MappedFile> file);

}  // namespace vits::formats
