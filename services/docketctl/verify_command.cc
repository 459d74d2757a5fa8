// Checking evidence offline: no network, no database, only the file and the log's public key.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/evidence/bundle_verifier.h"
#include "common/evidence/receipt.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "google/protobuf/stubs/logging.h"
#include "services/docketctl/commands.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/cosigned_verifier.h"
#include "services/docketctl/failure.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

// --key is the log's key as text or a file that holds it; --log-key means the same, as for trails. Empty: neither.
std::string KeyOption(const Arguments& arguments) { return arguments.Get("key", arguments.Get("log-key")); }

absl::StatusOr<merkle::NoteVerifier> KeyOf(const std::string& text_or_file) {
  absl::StatusOr<merkle::NoteVerifier> key = merkle::NoteVerifier::Parse(absl::StripAsciiWhitespace(text_or_file));
  if (key.ok()) return key;
  const absl::StatusOr<std::string> text = process::ReadFile(text_or_file);
  if (text.ok()) key = merkle::NoteVerifier::Parse(absl::StripAsciiWhitespace(*text));
  if (key.ok()) return key;
  return absl::InvalidArgumentError(
      absl::StrCat("--key: ", text_or_file, " is no verifier key, nor a file that holds one"));
}

absl::Status Failure(ExitCode code, absl::string_view message) {
  return WithExitCode(absl::DataLossError(message), code);
}

ExitCode ExitCodeOf(evidence::FaultKind kind) {
  switch (kind) {
    case evidence::FaultKind::kDamaged:
      return kExitDamaged;
    case evidence::FaultKind::kOtherKey:
      return kExitOtherKey;
    case evidence::FaultKind::kUnproven:
      return kExitUnverified;
  }
  return kExitOther;
}

// Prints what was found, a line each; the code is that of what weighs most: a failing check, then another key, then a
// damaged file.
absl::Status Verdict(const evidence::BundleReport& report) {
  ExitCode code = kExitDamaged;
  for (const evidence::Fault& fault : report.faults) {
    std::cerr << Printable(absl::StrCat(fault.where, ": ", fault.check, ": ", fault.what)) << "\n";
    code = std::min(code, ExitCodeOf(fault.kind));
  }
  const evidence::Fault& first = report.faults.front();
  return Failure(code, absl::StrCat("the bundle does not verify: ", first.where, ": ", first.check, ": ", first.what));
}

std::string Joined(const std::vector<uint64_t>& indexes) {
  constexpr size_t kShown = 20;
  const size_t shown = std::min(indexes.size(), kShown);
  return absl::StrCat(absl::StrJoin(indexes.begin(), indexes.begin() + static_cast<int64_t>(shown), ", "),
                      shown < indexes.size() ? ", …" : "");
}

void ShowWitnesses(const evidence::BundleReport& report) {
  if (!report.cosigned_size.has_value()) {
    std::cout << "  witnesses: none has cosigned what is in the file\n";
    return;
  }
  for (const evidence::BundleWitness& witness : report.cosigned_by) {
    std::cout << "  cosigned at log size " << *report.cosigned_size << " by " << Printable(witness.name) << " at "
              << absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", witness.time, absl::UTCTimeZone()) << "\n";
  }
  if (!report.cosigned_by.empty() && *report.cosigned_size < report.log_size) {
    std::cout << "  not covered by that: entries from " << *report.cosigned_size << " on\n";
  }
  if (!report.absent_witnesses.empty()) {
    std::cout << "  not there: cosignatures of " << Printable(absl::StrJoin(report.absent_witnesses, ", ")) << "\n";
  }
  if (!report.unchecked_witnesses.empty()) {
    std::cout << "  not checked: cosignatures of " << Printable(absl::StrJoin(report.unchecked_witnesses, ", "))
              << "; give --witness-keys=FILE\n";
  }
}

void Show(const evidence::BundleReport& report) {
  std::cout << "verified: " << report.entries << " entries of " << Printable(report.change)
            << " are in the log of size " << report.log_size << "\n  key " << Printable(report.key)
            << "\n  key fingerprint " << report.fingerprint << "\n";
  if (!report.records.empty()) {
    std::cout << "  register " << Printable(absl::StrJoin(report.records, ", ")) << ", receipts verified\n";
  }
  if (!report.without_payload.empty()) {
    std::cout << "  redacted: the content of entries " << Joined(report.without_payload) << "\n";
  }
  if (!report.without_record.empty()) {
    std::cout << "  missing: the register's records of entries " << Joined(report.without_record) << "\n";
  }
  ShowWitnesses(report);
  std::cout << std::flush;
}

// A receipt as it is, or a filing or registration as JSON, whose receipt must then be its own.
absl::StatusOr<evidence::ReceiptFacts> CheckReceipt(const std::string& text, const merkle::NoteVerifier& key) {
  if (!absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "{")) return evidence::VerifyReceipt(text, {key});
  const auto check = [&](auto record) -> absl::StatusOr<evidence::ReceiptFacts> {
    DOCKET_RETURN_IF_ERROR(FromJson(text, &record));
    DOCKET_ASSIGN_OR_RETURN(const evidence::ReceiptFacts facts, evidence::VerifyReceipt(record.receipt(), {key}));
    DOCKET_RETURN_IF_ERROR(evidence::CheckReceiptOf(record, facts));
    return facts;
  };
  audit::v1::Filing filing;
  return FromJson(text, &filing).ok() ? check(audit::v1::Filing()) : check(audit::v1::Registration());
}

}  // namespace

absl::Status VerifyBundleCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError(
        "usage: docketctl verify bundle FILE [--key=VKEY|FILE, --fingerprint=SHA256, --witness-keys=FILE]");
  evidence::ExpectedKey expected{.fingerprint = arguments.Get("fingerprint")};
  if (const std::string key = KeyOption(arguments); !key.empty()) {
    DOCKET_ASSIGN_OR_RETURN(expected.key, KeyOf(key));
  }
  if (arguments.Has("witness-keys")) {
    DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(arguments.Get("witness-keys")));
    DOCKET_ASSIGN_OR_RETURN(expected.witnesses, ParseWitnessKeys(text));
  }
  std::ifstream file(arguments.words()[2], std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(arguments.words()[2], ": cannot be read"));
  // Bytes that cannot be read are reported as what they are.
  google::protobuf::SetLogHandler(nullptr);
  const evidence::BundleReport report = evidence::VerifyBundle(file, expected);
  if (!report.faults.empty()) return Verdict(report);
  Show(report);
  if (report.key_is_expected) return absl::OkStatus();
  return Failure(kExitOtherKey,
                 "the file is whole and signed by the key above, but nothing says that this is the log's: compare its "
                 "fingerprint with one obtained elsewhere, or give --key or --fingerprint");
}

absl::Status VerifyReceiptCommand(const Arguments& arguments) {
  if (arguments.words().size() != 3)
    return absl::InvalidArgumentError("usage: docketctl verify receipt FILE --key=VKEY|FILE");
  const std::string key_text = KeyOption(arguments);
  if (key_text.empty())
    return absl::InvalidArgumentError("--key is missing: the log's public key, or a file that holds it");
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteVerifier key, KeyOf(key_text));
  DOCKET_ASSIGN_OR_RETURN(const std::string text, process::ReadFile(arguments.words()[2]));
  const absl::StatusOr<evidence::ReceiptFacts> facts = CheckReceipt(text, key);
  if (facts.status().code() == absl::StatusCode::kUnauthenticated) {
    return Failure(kExitOtherKey, "the receipt is signed by another key than the one given");
  }
  if (facts.status().code() == absl::StatusCode::kInvalidArgument) {
    return Failure(kExitDamaged, absl::StrCat("no receipt: ", facts.status().message()));
  }
  DOCKET_RETURN_IF_ERROR(facts.status());
  std::cout << "verified: " << facts->kind << " " << Printable(facts->number) << " of " << Printable(facts->request)
            << "\n  plan content " << facts->content_sha256 << "\n";
  if (!facts->record_sha256.empty()) std::cout << "  record       " << facts->record_sha256 << "\n";
  std::cout << "  time         " << absl::FormatTime(facts->time, absl::UTCTimeZone()) << "\n  key          "
            << key.ToText() << std::endl;
  return absl::OkStatus();
}

}  // namespace docket::ctl
