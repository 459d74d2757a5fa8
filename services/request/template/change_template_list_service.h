// What templates and their versions can be filtered and ordered by, and the pages of such lists.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_LIST_SERVICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/filter/order_by.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "services/request/template/change_template_store.h"

namespace docket::request {

// One page of a list while it is being filled (common/page_token/page_fill.h).
class TemplatePage {
 public:
  // INVALID_ARGUMENT with INVALID_FILTER, INVALID_FIELDS (order_by, page_size) or INVALID_PAGE_TOKEN.
  static absl::StatusOr<TemplatePage> Read(const v1::ListChangeTemplatesRequest& call, const PageTokenCodec& codec);
  static absl::StatusOr<TemplatePage> Read(const v1::ListChangeTemplateVersionsRequest& call,
                                           const PageTokenCodec& codec);

  int size() const { return size_; }
  // The rows after the last one taken.
  const TemplateQuery& query() const { return query_; }
  void Take(const ChangeTemplate& row);
  void Take(const ChangeTemplateVersion& row);
  // Of the page after the last row taken.
  std::string NextToken(const PageTokenCodec& codec) const;

 private:
  struct Asked;
  static absl::StatusOr<TemplatePage> Read(const Asked& asked, TemplateQuery query, const PageTokenCodec& codec);
  void GoOnAfter(std::vector<filter::FilterValue> key);

  TemplateQuery query_;
  filter::Order order_;
  std::vector<filter::FilterValue> key_;
  std::string fingerprint_;
  int size_ = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_LIST_SERVICE_H_
