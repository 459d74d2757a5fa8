#include "services/audit/tiles/gzip.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace docket::audit {
namespace {

// Entries repeat each other so much that higher levels gain little, and cost the serving thread several times as much.
constexpr int kLevel = 3;

}  // namespace

bool AcceptsGzip(absl::string_view accept_encoding) {
  for (const absl::string_view coding : absl::StrSplit(accept_encoding, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(coding, ';');
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]), "gzip")) continue;
    if (parts.size() == 1) return true;
    absl::string_view weight = absl::StripAsciiWhitespace(parts[1]);
    double q = 0;
    return (absl::ConsumePrefix(&weight, "q=") || absl::ConsumePrefix(&weight, "Q=")) && absl::SimpleAtod(weight, &q) &&
           q > 0;
  }
  return false;
}

std::string Gzip(absl::string_view bytes) {
  std::string compressed;
  google::protobuf::io::StringOutputStream out(&compressed);
  google::protobuf::io::GzipOutputStream::Options options;
  options.format = google::protobuf::io::GzipOutputStream::GZIP;
  options.compression_level = kLevel;
  google::protobuf::io::GzipOutputStream gzip(&out, options);
  {
    google::protobuf::io::CodedOutputStream coded(&gzip);
    coded.WriteRaw(bytes.data(), static_cast<int>(bytes.size()));
    if (coded.HadError()) return "";
  }
  return gzip.Close() ? std::move(compressed) : std::string();
}

}  // namespace docket::audit
