// Randomness that nobody can predict: for identifiers, salts and keys.
#ifndef DOCKET_COMMON_IDENTIFIER_RANDOM_H_
#define DOCKET_COMMON_IDENTIFIER_RANDOM_H_

#include <cstddef>
#include <string>

namespace docket {

// `count` bytes from the kernel (getrandom). Blocks only in the first moments after boot. A kernel without getrandom
// ends the process: nothing of Docket may run on predictable randomness.
std::string RandomBytes(size_t count);

}  // namespace docket

#endif  // DOCKET_COMMON_IDENTIFIER_RANDOM_H_
