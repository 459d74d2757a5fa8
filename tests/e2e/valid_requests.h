// What the rules of single fields do not say: how the fields of a request must fit together to be valid.
#ifndef DOCKET_TESTS_E2E_VALID_REQUESTS_H_
#define DOCKET_TESTS_E2E_VALID_REQUESTS_H_

#include "google/protobuf/message.h"

namespace docket {

// Changes a request whose fields are all set, each by its own rules, into one that no rule forbids as a whole.
void MakeWhole(google::protobuf::Message* request);

// Whether a valid request can be made up at all; for the others somebody else's signature would be needed.
bool CanBeMadeUp(const google::protobuf::Message& request);

}  // namespace docket

#endif  // DOCKET_TESTS_E2E_VALID_REQUESTS_H_
