// Questions for proofs: that an entry is in the log, that the log only grew, and the trail of a change, which proves
// each of its entries.
#ifndef DOCKET_TESTS_BENCH_PROOF_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_PROOF_QUESTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mysql/pool.h"
#include "tests/bench/audit_question.h"
#include "tests/bench/audit_sample.h"

namespace docket::bench {

// `log-inclusion`, `log-consistency`, `log-trail`.
std::vector<std::string> ProofQuestionNames();

// `sample` and `pool` must outlive the question.
absl::StatusOr<AuditQuestion> MakeProofQuestion(const std::string& name, const AuditSample& sample, mysql::Pool& pool);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_PROOF_QUESTIONS_H_
