// The words of a ledger in each language, and its values as text.
#ifndef DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_WORDS_H_
#define DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/audit/v1/register.pb.h"
#include "docket/common/v1/types.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/audit/ledger/ledger_document.h"

namespace docket::audit {

// Texts as they are, not escaped for any format.
struct LedgerWords {
  absl::string_view language_code;
  absl::string_view title;
  absl::string_view organization;
  absl::string_view period;
  absl::string_view to;
  absl::string_view generated;
  absl::string_view by;
  absl::string_view time_zone;
  absl::string_view filings;
  absl::string_view registrations;
  absl::string_view none;
  absl::string_view kind;
  absl::string_view filing;
  absl::string_view registration;
  absl::string_view number;
  absl::string_view state;
  absl::string_view result;
  absl::string_view change;
  absl::string_view request;
  absl::string_view plan;
  absl::string_view versions;
  absl::string_view slot;
  absl::string_view slot_start;
  absl::string_view slot_end;
  absl::string_view person;
  absl::string_view filed_by;
  absl::string_view registered_by;
  absl::string_view time;
  absl::string_view acknowledger;
  absl::string_view acknowledged_by;
  absl::string_view acknowledge_time;
  absl::string_view not_acknowledged;
  absl::string_view documents;
  absl::string_view remarks;
  absl::string_view corrects;
  absl::string_view corrected_by;
  absl::string_view receipt;
  absl::string_view whole_system;
  absl::string_view totals;
  absl::string_view total_filings;
  absl::string_view total_acknowledged;
  absl::string_view total_registrations;
  absl::string_view total_implemented;
  absl::string_view total_rolled_back;
  absl::string_view total_corrections;
  absl::string_view no_gaps;
  absl::string_view missing_numbers;
  absl::string_view evidence;
  absl::string_view log_size;
  absl::string_view log_root;
  absl::string_view checkpoint;
  absl::string_view key;
  absl::string_view how_to_verify;
  // Before the page's number, between it and the number of pages, behind it.
  absl::string_view page;
  absl::string_view of;
  absl::string_view pages;
  absl::string_view signature_filer;
  absl::string_view signature_supervisor;
  absl::string_view signature_date;
};

const LedgerWords& WordsOf(LedgerLanguage language);

std::string StateWord(v1::Filing::State state, LedgerLanguage language);
std::string ResultWord(v1::Registration::Result result, LedgerLanguage language);

// `2026-11-15 08:00:00`; empty where there is none.
std::string TimeText(const google::protobuf::Timestamp& time, absl::TimeZone zone);
std::string TimeText(absl::Time time, absl::TimeZone zone);
// `access-control / gate: 4.1.0 → 4.2.0`
std::string VersionText(const common::v1::VersionChange& version, const LedgerWords& words);
// The identifier of a person, request or plan, and a filing's or registration's number by its name.
std::string ShortName(absl::string_view name);
std::string NumberOfRecord(absl::string_view name);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_WORDS_H_
