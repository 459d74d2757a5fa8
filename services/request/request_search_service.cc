#include "services/request/request_search_service.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/filter/translate.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/count/group_by.h"
#include "services/request/request_filter_service.h"
#include "services/request/request_proto.h"
#include "services/request/request_search_store.h"
#include "services/request/search/posting.h"
#include "services/request/search/search_query.h"

namespace docket::request {
namespace {

absl::StatusOr<CountGroups> GroupsOf(const v1::CountRequestsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<bool> named,
      ReadGroupBy({call.group_by().begin(), call.group_by().end()}, v1::COUNT_DIMENSION_RETROSPECTIVE,
                  "STATE, PRIORITY, DEPARTMENT, KIND, SOURCE, HELD or RETROSPECTIVE"));
  return CountGroups{.state = named[v1::COUNT_DIMENSION_STATE],
                     .priority = named[v1::COUNT_DIMENSION_PRIORITY],
                     .department = named[v1::COUNT_DIMENSION_DEPARTMENT],
                     .kind = named[v1::COUNT_DIMENSION_KIND],
                     .source = named[v1::COUNT_DIMENSION_SOURCE],
                     .held = named[v1::COUNT_DIMENSION_HELD],
                     .retrospective = named[v1::COUNT_DIMENSION_RETROSPECTIVE]};
}

}  // namespace

void RequestSearchService::Register(rpc::MethodTable& table) {
  table.Unary("docket.request.v1.RequestService/SearchRequests", this, &RequestSearchService::SearchRequests);
  table.Unary("docket.request.v1.RequestService/CountRequests", this, &RequestSearchService::CountRequests);
}

absl::Status RequestSearchService::SearchRequests(const rpc::CallContext& context,
                                                  const v1::SearchRequestsRequest& call,
                                                  v1::SearchRequestsResponse& reply) {
  FieldViolations violations;
  const size_t size = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(SearchQuery query, SearchQuery::Parse(call.query()));
  const std::string number = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(call.query()));
  RequestSearch search{.organization_id = OrganizationId(call.parent()), .query = std::move(query), .page_size = size};
  DOCKET_ASSIGN_OR_RETURN(search.filter, filter::Translate(call.filter(), *filters_.Of(search.organization_id)));
  if (DocumentNumberOf(number).has_value() && call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(std::vector<Request> numbered,
                            store_.FindSubmitted(context.deadline(), search.organization_id, {number}, search.filter));
    for (Request& request : numbered) ToProto(std::move(request), *reply.add_requests());
    // Where there is none, others may speak of it.
    if (reply.requests_size() > 0) return absl::OkStatus();
  }
  const std::string fingerprint = QueryFingerprint({"SearchRequests", call.parent(), call.query(), call.filter()});
  if (!call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, page_tokens_.Decode(call.page_token(), fingerprint));
    if (token.key.size() != 1 || !absl::SimpleAtoi(token.key.front(), &search.before) || search.before <= 0) {
      return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, "the page token is damaged");
    }
  }
  DOCKET_ASSIGN_OR_RETURN(FoundRequests found, FindRequests(pool_, store_, context.deadline(), search));
  for (Request& request : found.requests) ToProto(std::move(request), *reply.add_requests());
  if (found.next > 0) {
    reply.set_next_page_token(page_tokens_.Encode({.key = {absl::StrCat(found.next)}, .fingerprint = fingerprint}));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CountRequestsResponse> RequestSearchService::CountRequests(const rpc::CallContext& context,
                                                                              const v1::CountRequestsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const CountGroups groups, GroupsOf(call));
  DOCKET_ASSIGN_OR_RETURN(const filter::Condition condition,
                          filter::Translate(call.filter(), CountFilter(organization_id)));
  DOCKET_ASSIGN_OR_RETURN(const RequestCounts found,
                          counts_.Count(context.deadline(), organization_id, groups, condition));
  v1::CountRequestsResponse reply;
  for (const RequestCount& count : found.counts) {
    v1::CountRequestsResponse::Count* added = reply.add_counts();
    added->set_state(static_cast<v1::Request::State>(count.key.state));
    added->set_priority(static_cast<common::v1::Level>(count.key.priority));
    if (!count.key.department_id.empty()) {
      added->set_department(DepartmentName(organization_id, count.key.department_id));
    }
    added->set_kind(static_cast<common::v1::ChangeKind>(count.key.kind));
    added->set_source(static_cast<v1::Request::Source>(count.key.source));
    added->set_held(count.key.held);
    added->set_retrospective(count.key.retrospective);
    added->set_count(count.requests);
  }
  reply.set_total(found.total);
  return reply;
}

}  // namespace docket::request
