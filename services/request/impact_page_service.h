// Pages of an impact analysis. The closure is computed anew for each page; a page goes on behind the last system of the
// one before, so a catalogue that changes meanwhile repeats or misses only what changed.
#ifndef DOCKET_SERVICES_REQUEST_IMPACT_PAGE_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_IMPACT_PAGE_SERVICE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "services/request/impact.h"

namespace docket::request {

class ImpactPage {
 public:
  // INVALID_ARGUMENT for page_size and page_token.
  static absl::StatusOr<ImpactPage> Read(const v1::AnalyzeImpactRequest& call, const PageTokenCodec& codec);

  // The systems of this page, each with its path, and the next page's token.
  v1::AnalyzeImpactResponse Of(absl::string_view organization_id, const Impact& impact,
                               const PageTokenCodec& codec) const;

 private:
  size_t size_ = 0;
  // The last system of the page before; distance 0: the first page.
  int distance_ = 0;
  std::string system_id_;
  std::string fingerprint_;
};

v1::ImpactedSystem ToProto(absl::string_view organization_id, const Impact& impact, const ImpactedSystem& system);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_IMPACT_PAGE_SERVICE_H_
