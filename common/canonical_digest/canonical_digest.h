// SHA-256 over a canonical serialisation: the same facts always give the same digest, in every version of the program.
//
//   CanonicalDigest digest("docket.evaluation.content/1");
//   digest.Text(request.number);
//   digest.Count(request.targets.size());
//   for (const VersionChange& target : request.targets) digest.Text(target.system);
//   const std::string sha256 = digest.Finish();
//
// Every value is preceded by its kind and length, so that no two lists of values serialise alike. A change of what is
// digested, or in which order, takes a new version in the first line.
#ifndef DOCKET_COMMON_CANONICAL_DIGEST_CANONICAL_DIGEST_H_
#define DOCKET_COMMON_CANONICAL_DIGEST_CANONICAL_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket {

class CanonicalDigest {
 public:
  explicit CanonicalDigest(absl::string_view format_and_version);

  void Text(absl::string_view value);
  void Number(int64_t value);
  // How many elements follow, or 0 and 1 for whether an optional one does.
  void Count(size_t count);
  // Microseconds since the Unix epoch.
  void Time(absl::Time value);

  // 32 raw bytes. What was added stays, so that more may follow.
  std::string Finish() const;

 private:
  std::string bytes_;
};

// 32 raw bytes.
std::string Sha256(absl::string_view bytes);

}  // namespace docket

#endif  // DOCKET_COMMON_CANONICAL_DIGEST_CANONICAL_DIGEST_H_
