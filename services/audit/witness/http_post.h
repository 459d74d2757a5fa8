// Posting something to a server over HTTP or HTTPS and reading its short answer.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_HTTP_POST_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_HTTP_POST_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace docket::audit {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpPoster {
 public:
  virtual ~HttpPoster() = default;
  // UNAVAILABLE where there was no whole answer by the deadline.
  virtual absl::StatusOr<HttpAnswer> Post(const std::string& url, const std::string& body, absl::Time deadline) = 0;
};

// Keeps connections open for the next time. Follows no redirects, uses no proxy, reads at most 64 KiB. Certificates are
// verified against the system's. Thread-safe; one request at a time.
class CurlPoster final : public HttpPoster {
 public:
  CurlPoster();
  ~CurlPoster() override;

  absl::StatusOr<HttpAnswer> Post(const std::string& url, const std::string& body, absl::Time deadline) override;

 private:
  struct Handle;
  absl::Mutex mutex_;
  const std::unique_ptr<Handle> handle_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_HTTP_POST_H_
