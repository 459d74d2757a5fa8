// What must hold for whatever bytes are read as a note, a part of one, a key or a tile's path: it is refused, or it
// comes out again exactly as it went in. For fuzzing and for tests that mutate examples.
#ifndef DOCKET_COMMON_MERKLE_NOTE_PROPERTY_H_
#define DOCKET_COMMON_MERKLE_NOTE_PROPERTY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::merkle {

// What is wrong; empty: nothing.
std::string CheckNoteProperty(absl::string_view bytes);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_NOTE_PROPERTY_H_
