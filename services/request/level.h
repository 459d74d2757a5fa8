// How bad or how soon, on the scale that urgency, impact, priority and criticality share.
#ifndef DOCKET_SERVICES_REQUEST_LEVEL_H_
#define DOCKET_SERVICES_REQUEST_LEVEL_H_

namespace docket::request {

// The numbers are those of the contract and of the tables; a higher one is worse.
enum class Level { kUnspecified = 0, kLow = 1, kMedium = 2, kHigh = 3, kCritical = 4 };

inline constexpr int kLevels = 4;

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_LEVEL_H_
