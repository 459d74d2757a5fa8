// Any bytes as a filter and as an order. What must hold is in common/filter/filter_property.h.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/filter/filter_property.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const docket::filter::Schema* const kSchema = new docket::filter::Schema(docket::filter::PropertySchema());
  const std::string wrong =
      docket::filter::CheckFilterProperty(absl::string_view(reinterpret_cast<const char*>(data), size), *kSchema);
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
