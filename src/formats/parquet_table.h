// A Parquet file as a table.
#pragma once
#include <memory>

#include "byte_reader.h"
#include "vits/base/mapped_file.h"
#include "vits/formats/columnar.h"

namespace vits::formats {

bool is_parquet(Bytes file);  // begins with PAR1, or PARE: encrypted, which is an Error when it is opened
std::shared_ptr<const ColumnarTable> open_parquet_table(std::unique_ptr<base::MappedFile> file);

}  // namespace vits::formats
