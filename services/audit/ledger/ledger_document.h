// The printable ledger 登记台账 as a document that is written from top to bottom, in memory that does not grow with it.
//
//   std::unique_ptr<LedgerDocument> document = NewHtmlLedger(head);
//   Send(document->Begin());
//   for (…) Send(document->Add(filing));          // ascending by number
//   Send(document->BeginRegistrations());
//   for (…) Send(document->Add(registration));
//   Send(document->End(totals));
#ifndef DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_DOCUMENT_H_
#define DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_DOCUMENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "docket/audit/v1/register.pb.h"
#include "services/audit/ledger/ledger_totals.h"

namespace docket::audit {

enum class LedgerLanguage { kChinese, kEnglish };

// What stands above the tables and under them.
struct LedgerHead {
  LedgerLanguage language = LedgerLanguage::kChinese;
  std::string organization_title;
  // `organizations/yunqi`
  std::string organization;
  // First and last day, both included.
  absl::CivilDay first_day;
  absl::CivilDay last_day;
  // Every time is printed in it.
  absl::TimeZone zone;
  absl::Time generate_time;
  // Name of who prints it.
  std::string printer;
  // The log as it was when printing began: size, root in hexadecimal, and the checkpoint's note. What the register did
  // in the last moment before may not be in it yet.
  uint64_t log_size = 0;
  std::string log_root;
  std::string checkpoint;
  // Of the log's public key, which verifies checkpoint and receipts.
  std::string key_fingerprint;
};

class LedgerDocument {
 public:
  virtual ~LedgerDocument() = default;
  // Each returns the next bytes of the document.
  virtual std::string Begin() = 0;
  virtual std::string Add(const v1::Filing& filing) = 0;
  virtual std::string BeginRegistrations() = 0;
  virtual std::string Add(const v1::Registration& registration) = 0;
  virtual std::string End(const LedgerTotals& totals) = 0;
};

// HTML for A4 landscape: no script, nothing to load, every text from the register escaped.
std::unique_ptr<LedgerDocument> NewHtmlLedger(LedgerHead head);
// RFC 4180 with a byte order mark, by which spreadsheets know that it is UTF-8. Without totals: it is for machines.
std::unique_ptr<LedgerDocument> NewCsvLedger(LedgerHead head);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_DOCUMENT_H_
