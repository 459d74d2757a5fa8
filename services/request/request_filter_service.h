// By what requests and their counts can be filtered.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/filter/schema.h"

namespace docket::request {

// The fields that ListRequests documents, over the columns of the table request and its child tables.
filter::Schema RequestFilter(const std::string& organization_id);

// Those of the organisations that asked lately, because one is much to make for a page. Thread-safe.
class RequestFilters {
 public:
  std::shared_ptr<const filter::Schema> Of(const std::string& organization_id);

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const filter::Schema>> filters_ ABSL_GUARDED_BY(mutex_);
};

// The fields that CountRequests documents, over the columns of the table request_count.
filter::Schema CountFilter(const std::string& organization_id);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_FILTER_SERVICE_H_
