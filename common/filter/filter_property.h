// What must hold for every text that is taken as a filter, whatever it is. For the fuzz target (tests/fuzz) and the
// unit test that runs the same check on mutated examples.
#ifndef DOCKET_COMMON_FILTER_FILTER_PROPERTY_H_
#define DOCKET_COMMON_FILTER_FILTER_PROPERTY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/filter/schema.h"

namespace docket::filter {

// A schema with a field of each type.
Schema PropertySchema();

// Reads `text` as a filter and as an order. Returns what is wrong with the outcome, empty when nothing is:
//   - the condition is made of the schema's expressions, SQL words and `?` alone, its parentheses match, and each `?`
//   has its parameter;
//   - an error is INVALID_ARGUMENT with its reason, a position within the text and a readable message of bounded
//   length;
//   - an order names columns of the schema only and ends with a unique one, and its continuation has as many `?` as
//   parameters.
// `accepted` says whether it is a filter.
std::string CheckFilterProperty(absl::string_view text, const Schema& schema, bool* accepted = nullptr);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_FILTER_PROPERTY_H_
