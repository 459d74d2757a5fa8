// Requests in states that people alone do not bring them to.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_REQUEST_STATE_H_
#define DOCKET_SERVICES_REQUEST_TESTING_REQUEST_STATE_H_

#include <array>
#include <string>

#include "docket/request/v1/request.pb.h"
#include "services/request/testing/whole_service.h"

namespace docket::request::testing {

using State = v1::Request::State;

inline constexpr std::array kStates = {
    v1::Request::STATE_DRAFT,       v1::Request::STATE_SUBMITTED,    v1::Request::STATE_RETURNED,
    v1::Request::STATE_ENDORSED,    v1::Request::STATE_ACCEPTED,     v1::Request::STATE_DEFERRED,
    v1::Request::STATE_MERGED,      v1::Request::STATE_DECLINED,     v1::Request::STATE_WITHDRAWN,
    v1::Request::STATE_EVALUATING,  v1::Request::STATE_REJECTED,     v1::Request::STATE_APPROVED,
    v1::Request::STATE_SCHEDULED,   v1::Request::STATE_IMPLEMENTING, v1::Request::STATE_IMPLEMENTED,
    v1::Request::STATE_ROLLED_BACK, v1::Request::STATE_REGISTERED,   v1::Request::STATE_CLOSED};

// Puts a request that was submitted into another state, past the service. One that is DEFERRED is so for two hours.
void PutInto(WholeService& service, const std::string& request, State state);

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TESTING_REQUEST_STATE_H_
