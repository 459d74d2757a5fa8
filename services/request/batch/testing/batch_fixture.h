// Batches of requests, and what became of their elements, for the tests of this folder.
#ifndef DOCKET_SERVICES_REQUEST_BATCH_TESTING_BATCH_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_BATCH_TESTING_BATCH_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "docket/request/v1/request_batch_service.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {

inline constexpr char kBatchPath[] = "docket.request.v1.RequestBatchService/";

// Which methods go together.
struct Create {
  using Call = v1::BatchCreateRequestsRequest;
  using Reply = v1::BatchCreateRequestsResponse;
  static constexpr char kMethod[] = "BatchCreateRequests", kSingle[] = "CreateRequest";
};
struct Submit {
  using Call = v1::BatchSubmitRequestsRequest;
  using Reply = v1::BatchSubmitRequestsResponse;
  static constexpr char kMethod[] = "BatchSubmitRequests", kSingle[] = "SubmitRequest";
};
struct Endorse {
  using Call = v1::BatchEndorseRequestsRequest;
  using Reply = v1::BatchEndorseRequestsResponse;
  static constexpr char kMethod[] = "BatchEndorseRequests", kSingle[] = "EndorseRequest";
};
struct Triage {
  using Call = v1::BatchTriageRequestsRequest;
  using Reply = v1::BatchTriageRequestsResponse;
  static constexpr char kMethod[] = "BatchTriageRequests", kSingle[] = "TriageRequest";
};

// What became of an element: its state's name, or the reason of its error with the fields that are wrong.
inline std::string Said(const v1::RequestResult& result) {
  if (!result.has_error()) return v1::Request::State_Name(result.state()).substr(6);
  std::string said;
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  for (const auto& detail : result.error().details()) {
    if (detail.UnpackTo(&info)) said = info.reason();
  }
  for (const auto& detail : result.error().details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) absl::StrAppend(&said, " ", violation.field());
  }
  return said;
}
template <typename Reply>
std::vector<std::string> Said(const absl::StatusOr<Reply>& reply) {
  EXPECT_THAT(reply, tests::IsOk());
  std::vector<std::string> all;
  if (!reply.ok()) return all;
  for (const v1::RequestResult& result : reply->results()) all.push_back(Said(result));
  return all;
}

class RequestBatchTest : public ::testing::Test {
 protected:
  template <typename Of>
  absl::StatusOr<typename Of::Reply> Call(const common::v1::Principal& by, const typename Of::Call& call) {
    return CallAt<Of>(service_.server(), by, call);
  }
  template <typename Of>
  static absl::StatusOr<typename Of::Reply> CallAt(rpc::testing::TestServer& server, const common::v1::Principal& by,
                                                   const typename Of::Call& call,
                                                   absl::Duration timeout = absl::Seconds(30)) {
    return server.Call<typename Of::Reply>(absl::StrCat(kBatchPath, Of::kMethod), by, call, timeout);
  }

  // A batch about these requests; `fill` completes each element.
  template <typename Of>
  typename Of::Call About(const std::vector<std::string>& names) {
    typename Of::Call call;
    call.set_parent("organizations/yunqi");
    call.set_request_id(service_.NewRequestId());
    for (const std::string& name : names) call.add_requests()->set_name(name);
    return call;
  }
  v1::BatchTriageRequestsRequest Accepting(const std::vector<std::string>& names) {
    v1::BatchTriageRequestsRequest call = About<Triage>(names);
    for (v1::TriageRequestRequest& one : *call.mutable_requests()) {
      one.set_outcome(v1::TRIAGE_OUTCOME_ACCEPT);
      one.set_reason("经信息部研究");
    }
    return call;
  }
  // A batch of forms with titles 1, 2, ….
  v1::BatchCreateRequestsRequest Forms(int count) {
    v1::BatchCreateRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_request_id(service_.NewRequestId());
    for (int i = 1; i <= count; ++i) {
      *call.add_requests()->mutable_request() = WholeService::Form();
      call.mutable_requests(i - 1)->mutable_request()->set_title(absl::StrCat(i));
    }
    return call;
  }
  std::vector<std::string> Drafts(int count, const common::v1::Principal& by) {
    std::vector<std::string> names;
    const auto created = Call<Create>(by, Forms(count));
    EXPECT_THAT(created, tests::IsOk());
    for (const v1::RequestResult& result : created->results()) names.push_back(result.name());
    return names;
  }
  std::vector<std::string> Drafts(int count) { return Drafts(count, service_.author); }
  std::vector<std::string> Submitted(int count) {
    const std::vector<std::string> names = Drafts(count);
    EXPECT_THAT(Call<Submit>(service_.author, About<Submit>(names)), tests::IsOk());
    return names;
  }
  std::vector<std::string> Endorsed(int count) {
    const std::vector<std::string> names = Submitted(count);
    EXPECT_THAT(Call<Endorse>(service_.head, About<Endorse>(names)), tests::IsOk());
    return names;
  }

  // What the refused calls were about.
  std::vector<std::string> Denied() {
    std::vector<std::string> subjects;
    for (const event::v1::Event& event : service_.EventsOf("CallDenied")) subjects.push_back(event.subject());
    return subjects;
  }
  int64_t CountRequests() {
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10), "SELECT COUNT(*) FROM request");
    EXPECT_THAT(rows, tests::IsOk());
    return (*rows)[0].Int(0);
  }

  WholeService service_;
};

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_BATCH_TESTING_BATCH_FIXTURE_H_
