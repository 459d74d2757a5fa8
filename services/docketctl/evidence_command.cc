#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/merkle/key_file.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/log_service.pb.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/connection.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/cosigned_verifier.h"
#include "services/docketctl/printable_text.h"
#include "services/docketctl/trail_download.h"
#include "services/docketctl/trail_verifier.h"

namespace docket::ctl {
namespace {

absl::Status WriteFile(const std::string& path, absl::string_view text) {
  std::ofstream stream(path);
  stream << text;
  if (stream.flush()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be written"));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

void PrintEntry(const audit::v1::LogEntry& entry) {
  const event::v1::Event& event = entry.event();
  std::cout << entry.index() << "  "
            << absl::FormatTime("%Y-%m-%d %H:%M:%E3S", TimeOf(event.occur_time()), absl::LocalTimeZone()) << "  "
            << (event.outcome() == event::v1::OUTCOME_DENIED ? "DENIED  " : "") << Printable(event.type()) << "  "
            << Printable(event.subject()) << "  by " << Printable(event.actor().name())
            << (event.reason().empty() ? "" : "  ") << Printable(event.reason()) << std::endl;
}

// What the service says of the trail's holes; that there are no others cannot be proven.
void PrintMissing(const audit::v1::ChangeTrail& trail) {
  for (const audit::v1::MissingFact& fact : trail.missing())
    std::cout << "missing: " << Printable(Describe(fact)) << std::endl;
}

}  // namespace

absl::Status LogTailCommand(const Arguments& arguments) {
  audit::v1::TailEntriesRequest request;
  DOCKET_ASSIGN_OR_RETURN(*request.mutable_parent(), arguments.Require("organization"));
  request.set_filter(arguments.Get("filter"));
  request.set_start_index(-1);
  int64_t from = 0;
  if (arguments.Has("from")) {
    if (!absl::SimpleAtoi(arguments.Get("from"), &from))
      return absl::InvalidArgumentError("--from: write the index of an entry");
    request.set_start_index(from);
  }
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.audit.v1.LogService/TailEntries"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  // A tail that breaks goes on at the entry where it broke.
  while (true) {
    absl::Status shown;
    const absl::Status status = connection->Stream(*method, "", request, [&](const google::protobuf::Message& message) {
      const auto& response = static_cast<const audit::v1::TailEntriesResponse&>(message);
      for (const audit::v1::LogEntry& entry : response.entries()) {
        if (arguments.Has("json")) {
          const absl::StatusOr<std::string> json = ToJson(entry, false);
          if (!json.ok()) {
            shown = json.status();
            return false;
          }
          std::cout << *json << std::endl;
        } else {
          PrintEntry(entry);
        }
      }
      request.set_start_index(response.next_index());
      return std::cout.good();
    });
    DOCKET_RETURN_IF_ERROR(shown);
    if (!std::cout.good()) return absl::OkStatus();
    if (!status.ok() && status.code() != absl::StatusCode::kUnavailable &&
        status.code() != absl::StatusCode::kDeadlineExceeded)
      return status;
    absl::SleepFor(absl::Milliseconds(500));
  }
}

absl::Status LogKeyCommand(const Arguments& arguments) {
  DOCKET_ASSIGN_OR_RETURN(const std::string name, arguments.Require("name"));
  DOCKET_ASSIGN_OR_RETURN(const std::string out, arguments.Require("out"));
  DOCKET_ASSIGN_OR_RETURN(const std::string verifier, arguments.Require("verifier"));
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteSigner signer, merkle::GenerateKey(out, name));
  return WriteFile(verifier, signer.verifier().ToText() + "\n");
}

absl::Status TrailGetCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError("usage: docketctl trail get REQUEST [--out=FILE]");
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod("docket.audit.v1.TrailService/StreamChangeTrail"));
  DOCKET_ASSIGN_OR_RETURN(const auto connection, Connection::Open(arguments));
  const TrailCall call = [&](const audit::v1::StreamChangeTrailRequest& asked, const auto& receive) {
    return connection->Stream(*method, "", asked, [&](const google::protobuf::Message& message) {
      return receive(static_cast<const audit::v1::StreamChangeTrailResponse&>(message));
    });
  };
  DOCKET_ASSIGN_OR_RETURN(const audit::v1::ChangeTrail trail, DownloadTrail(call, arguments.words()[2]));
  if (!arguments.Has("out")) {
    for (const audit::v1::LogEntry& entry : trail.entries()) PrintEntry(entry);
    PrintMissing(trail);
    return absl::OkStatus();
  }
  DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(trail));
  DOCKET_RETURN_IF_ERROR(WriteFile(arguments.Get("out"), json + "\n"));
  std::cout << trail.entries_size() << " entries in " << arguments.Get("out")
            << "; verify them with docketctl trail verify" << std::endl;
  PrintMissing(trail);
  return absl::OkStatus();
}

namespace {

// What witnesses say of the log, verified where their keys were given.
absl::Status PrintWitnesses(const Arguments& arguments, const audit::v1::Checkpoint& checkpoint,
                            absl::string_view log_key) {
  if (!arguments.Has("witness-keys")) {
    for (const audit::v1::Cosignature& cosignature : checkpoint.cosigned().cosignatures()) {
      std::cout << "not verified: a cosignature by " << Printable(cosignature.witness())
                << "; give its key with --witness-keys=FILE" << std::endl;
    }
    return absl::OkStatus();
  }
  DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(arguments.Get("witness-keys")));
  DOCKET_ASSIGN_OR_RETURN(const auto witnesses, ParseWitnessKeys(text));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Witnessed> all, VerifyCosigned(checkpoint, log_key, witnesses));
  for (const Witnessed& witnessed : all) {
    std::cout << "verified: " << Printable(witnessed.witness) << " saw the log at size " << witnessed.size << " at "
              << absl::FormatTime(absl::RFC3339_sec, witnessed.time, absl::UTCTimeZone())
              << ", and it has only grown since" << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status TrailVerifyCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError("usage: docketctl trail verify FILE --log-key=FILE [--witness-keys=FILE]");
  DOCKET_ASSIGN_OR_RETURN(const std::string key_file, arguments.Require("log-key"));
  DOCKET_ASSIGN_OR_RETURN(const std::string key, process::ReadFile(key_file));
  std::ifstream stream(arguments.words()[2]);
  if (!stream) return absl::NotFoundError(absl::StrCat(arguments.words()[2], ": cannot be read"));
  const std::string json(std::istreambuf_iterator<char>(stream), {});
  audit::v1::ChangeTrail trail;
  DOCKET_RETURN_IF_ERROR(FromJson(json, &trail));
  DOCKET_ASSIGN_OR_RETURN(const VerifiedTrail verified, VerifyTrail(trail, key));
  // Every change has been requested at least; a trail of nothing was emptied.
  if (verified.events.empty()) return absl::DataLossError("the trail has no entries");
  std::cout << "verified: " << verified.events.size() << " entries of " << Printable(trail.change())
            << " are in the log of size " << verified.log_size << ", signed by " << absl::StripAsciiWhitespace(key);
  if (verified.redacted > 0) std::cout << "; of " << verified.redacted << " of them the content was redacted";
  std::cout << std::endl;
  PrintMissing(trail);
  return PrintWitnesses(arguments, trail.checkpoint(), key);
}

}  // namespace docket::ctl
