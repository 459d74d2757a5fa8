// A change that the IT director has put on hold. See hold_store.h.
#ifndef DOCKET_COMMON_CHANGE_HOLD_CHANGE_HOLD_H_
#define DOCKET_COMMON_CHANGE_HOLD_CHANGE_HOLD_H_

#include <string>

#include "absl/time/time.h"

namespace docket {

struct ChangeHold {
  // Name of the person.
  std::string holder;
  // In the holder's words.
  std::string reason;
  absl::Time since;
};

}  // namespace docket

#endif  // DOCKET_COMMON_CHANGE_HOLD_CHANGE_HOLD_H_
