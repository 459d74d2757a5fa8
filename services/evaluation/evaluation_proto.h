// Between the domain and the contract, both directions side by side. Numbers of enumerators are the same on both sides.
#ifndef DOCKET_SERVICES_EVALUATION_EVALUATION_PROTO_H_
#define DOCKET_SERVICES_EVALUATION_EVALUATION_PROTO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "docket/evaluation/v1/evaluation.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/ranking.h"
#include "services/evaluation/report.h"

namespace docket::evaluation {

event::v1::RequestSnapshot ToProto(const RequestSnapshot& request);
RequestSnapshot FromProto(const event::v1::RequestSnapshot& request);

common::v1::Money ToProto(const Money& money);
Money FromProto(const common::v1::Money& money);

v1::Seat ToProto(const Seat& seat);
Seat FromProto(const v1::Seat& seat);

v1::Option ToProto(const Option& option);
Option FromProto(const v1::Option& option);

v1::Criterion ToProto(const Criterion& criterion);
Criterion FromProto(const v1::Criterion& criterion);

Score FromProto(const v1::Score& score);

v1::Budget ToProto(const Budget& budget);
Budget FromProto(const v1::Budget& budget);

v1::Approval ToProto(const Approval& approval);
// A content digest that is no hexadecimal text becomes empty, which no content has.
Approval FromProto(const v1::Approval& approval);

v1::Ranking ToProto(const Ranking& ranking, const std::string& evaluation_name);

v1::Report ToProto(const Report& report, const std::string& evaluation_name);
// Without what only made the texts: the ranking's losses.
Report FromProto(const v1::Report& report);

// As a caller sees it: who has scored, never what.
v1::Evaluation ToProto(const Evaluation& evaluation);

template <typename Proto>
auto ListFromProto(const google::protobuf::RepeatedPtrField<Proto>& list) {
  std::vector<decltype(FromProto(list.Get(0)))> out;
  for (const Proto& element : list) out.push_back(FromProto(element));
  return out;
}

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_EVALUATION_PROTO_H_
