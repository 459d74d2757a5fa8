// A large organisation's requests, made up and written by the request service's own store, index of words and counts
// included: what the reads are measured on. The same count gives the same requests.
#ifndef DOCKET_TESTS_BENCH_REQUEST_CORPUS_H_
#define DOCKET_TESTS_BENCH_REQUEST_CORPUS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace docket::bench {

// The organisation they belong to; the sample data of deploy/local has it with its systems and people.
inline constexpr char kCorpusOrganization[] = "yunqi";

// 16 raw bytes of the request written as the `index`-th: a UUIDv7 of its creation, one every 20 s from 2020 on.
std::string CorpusId(int64_t index);
// `organizations/yunqi/requests/…`
std::string CorpusName(int64_t index);

// Writes `count` submitted requests with one or two targets each, in all states, departments and priorities, numbered
// without gaps by year. `socket` is that of the MariaDB, whose user root has no password.
absl::Status WriteCorpus(const std::string& socket, int64_t count);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_REQUEST_CORPUS_H_
