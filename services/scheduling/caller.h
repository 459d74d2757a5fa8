// Who acts, as far as the rules of planning ask.
#ifndef DOCKET_SERVICES_SCHEDULING_CALLER_H_
#define DOCKET_SERVICES_SCHEDULING_CALLER_H_

#include <string>

namespace docket::scheduling {

struct Caller {
  // `organizations/{org}/people/{person}`.
  std::string person;
  // `organizations/{org}/departments/{department}`; empty where the caller has none.
  std::string department;
  // The roles that a rule of this service turns on.
  bool requester = false;
  bool department_head = false;
  bool it_director = false;
  bool system_admin = false;
  bool data_admin = false;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_CALLER_H_
