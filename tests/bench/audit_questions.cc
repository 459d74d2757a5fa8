#include "tests/bench/audit_questions.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/connection.h"
#include "common/mysql/pool.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "docket/process/v1/config.pb.h"
#include "tests/bench/audit_question.h"
#include "tests/bench/audit_sample.h"
#include "tests/bench/dashboard_questions.h"
#include "tests/bench/entry_questions.h"
#include "tests/bench/proof_questions.h"
#include "tests/bench/raw_load.h"

namespace docket::bench {
namespace {

constexpr char kDatabase[] = "docket_audit";
// As many as are read once before.
constexpr int64_t kTurns = 1024;
constexpr absl::Duration kPatience = absl::Hours(1);

// A question with what it needs while it is asked.
class Asked {
 public:
  static absl::StatusOr<std::unique_ptr<Asked>> Create(const std::string& name, const std::string& config_file,
                                                       const std::string& socket) {
    DOCKET_ASSIGN_OR_RETURN(const auto config, process::ReadConfig<process::v1::ServiceConfig>(config_file));
    DOCKET_ASSIGN_OR_RETURN(const std::string key, process::ReadSecret(config.page_token_key_file()));
    auto asked = std::make_unique<Asked>();
    mysql::ConnectionOptions server = AsRoot(socket, kDatabase);
    server.read_timeout = kPatience;
    asked->pool_ = mysql::Pool::Create({.connection = server, .max_connections = 2});
    DOCKET_ASSIGN_OR_RETURN(asked->sample_, ReadAuditSample(*asked->pool_));
    DOCKET_ASSIGN_OR_RETURN(asked->question_, asked->Make(name, key));
    DOCKET_ASSIGN_OR_RETURN(asked->tables_, mysql::Connection::Open(server, absl::Now() + absl::Seconds(10)));
    asked->tables_->SetDeadline(absl::Now() + kPatience);
    return asked;
  }

  const AuditQuestion& question() const { return question_; }
  mysql::Connection& tables() { return *tables_; }

  // Reads what is asked for once.
  absl::Status WarmUp() {
    for (int64_t turn = 0; turn < (question_.long_statement ? 0 : kTurns); ++turn)
      DOCKET_RETURN_IF_ERROR(question_.ask_tables(turn, *tables_));
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<AuditQuestion> Make(const std::string& name, const std::string& page_token_key) {
    const auto among = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (among(EntryQuestionNames())) return MakeEntryQuestion(name, sample_, *pool_, page_token_key);
    if (among(ProofQuestionNames())) return MakeProofQuestion(name, sample_, *pool_);
    if (among(DashboardNames())) return MakeDashboard(name, sample_);
    return absl::InvalidArgumentError(absl::StrCat("no question ", name));
  }

  std::unique_ptr<mysql::Pool> pool_;
  AuditSample sample_;
  AuditQuestion question_;
  std::unique_ptr<mysql::Connection> tables_;
};

}  // namespace

std::vector<std::string> LogQuestionNames() {
  std::vector<std::string> names = EntryQuestionNames();
  for (std::string& name : ProofQuestionNames()) names.push_back(std::move(name));
  return names;
}

absl::StatusOr<LoadResult> AskLog(const std::string& question, const std::string& config_file,
                                  const QuestionOptions& options) {
  DOCKET_ASSIGN_OR_RETURN(const auto asked, Asked::Create(question, config_file, options.socket));
  std::atomic<int64_t> next{0};
  LoadOptions load{.target = options.target,
                   .ca = options.ca,
                   .path = asked->question().path,
                   .token = options.token,
                   .in_flight = options.in_flight,
                   .duration = options.duration,
                   .min_reply_bytes = asked->question().min_reply_bytes,
                   .make_request = [&] { return asked->question().request(next.fetch_add(1) % kTurns); }};
  DOCKET_RETURN_IF_ERROR(asked->question().check(load, asked->tables()));
  DOCKET_RETURN_IF_ERROR(asked->WarmUp());
  return RunLoad(load);
}

absl::StatusOr<LoadResult> AskLogTables(const std::string& question, const std::string& config_file,
                                        const QuestionOptions& options) {
  DOCKET_ASSIGN_OR_RETURN(const auto asked, Asked::Create(question, config_file, options.socket));
  DOCKET_RETURN_IF_ERROR(asked->WarmUp());
  std::atomic<int64_t> next{0};
  const bool long_statement = asked->question().long_statement;
  return RunRawLoad({.socket = options.socket,
                     .database = kDatabase,
                     .threads = long_statement ? kThreadsOfLongStatements : options.in_flight,
                     .duration = options.duration,
                     .to_the_end = long_statement},
                    [&](mysql::Connection& connection) {
                      return asked->question().ask_tables(next.fetch_add(1) % kTurns, connection);
                    });
}

}  // namespace docket::bench
