// Evidence bundles come from anybody: whatever a file holds is told apart from a bundle without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "common/evidence/bundle_line.h"
#include "common/evidence/bundle_verifier.h"
#include "google/protobuf/stubs/logging.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  google::protobuf::SetLogHandler(nullptr);
  const std::string file(reinterpret_cast<const char*>(data), size);
  std::istringstream stream(file);
  static_cast<void>(docket::evidence::VerifyBundle(stream, {}));
  // A line has one spelling.
  const auto line = docket::evidence::ParseBundleLine(file);
  if (line.ok() && docket::evidence::FormatBundleLine(*line) != file + "\n") std::abort();
  return 0;
}
