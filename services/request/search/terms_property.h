// What must hold for every text that is indexed and searched, whatever it is. For the fuzz target (tests/fuzz) and the
// unit test that runs the same checks on mutated examples.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_TERMS_PROPERTY_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_TERMS_PROPERTY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::request {

// Reads `text` as a text and as a query. Returns what is wrong with the outcome, empty when nothing is:
//   - folding makes UTF-8, and changes nothing the second time;
//   - runs are not empty, and hold no ASCII but small letters and digits;
//   - terms are distinct, bounded in length and number;
//   - a query of it is refused with INVALID_ARGUMENT or has a bounded number of driving terms;
//   - a text is found by each of its runs, and has the driving terms of what finds it.
std::string CheckTermsProperty(absl::string_view text);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_TERMS_PROPERTY_H_
