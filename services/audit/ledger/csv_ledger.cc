#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/merkle/hash.h"
#include "services/audit/ledger/ledger_document.h"
#include "services/audit/ledger/ledger_words.h"

namespace docket::audit {
namespace {

constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

// Always quoted. What a spreadsheet would take for a formula becomes text.
std::string Cell(absl::string_view text) {
  const bool formula = !text.empty() && absl::string_view("=+-@\t\r").find(text[0]) != absl::string_view::npos;
  return absl::StrCat("\"", formula ? "'" : "", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string Line(const std::vector<std::string>& cells) {
  return absl::StrCat(absl::StrJoin(cells, ",", [](std::string* out, const std::string& cell) { *out += Cell(cell); }),
                      "\r\n");
}

// Names with digests, documents and the request's files alike.
template <typename Record>
std::string DocumentsOf(const Record& record) {
  std::vector<std::string> lines;
  for (const auto* documents : {&record.documents(), &record.attachments()}) {
    for (const common::v1::Document& document : *documents) {
      lines.push_back(absl::StrCat(document.title(), " sha256:", document.sha256()));
    }
  }
  return absl::StrJoin(lines, "; ");
}

class CsvLedger final : public LedgerDocument {
 public:
  explicit CsvLedger(LedgerHead head) : head_(std::move(head)), words_(WordsOf(head_.language)) {}

  std::string Begin() override {
    std::vector<std::string> names;
    for (const absl::string_view name :
         {words_.kind, words_.number, words_.state, words_.result, words_.change, words_.request, words_.plan,
          words_.filing, words_.versions, words_.slot_start, words_.slot_end, words_.person, words_.time,
          words_.acknowledger, words_.acknowledge_time, words_.documents, words_.remarks, words_.corrects,
          words_.corrected_by}) {
      names.emplace_back(name);
    }
    names.push_back(absl::StrCat(words_.receipt, " SHA-256"));
    return absl::StrCat(kByteOrderMark, Line(names));
  }

  std::string Add(const v1::Filing& filing) override {
    return Line({std::string(words_.filing),
                 filing.number(),
                 StateWord(filing.state(), head_.language),
                 "",
                 filing.title(),
                 filing.request(),
                 filing.plan(),
                 "",
                 Versions(filing.targets()),
                 Time(filing.slot().start_time()),
                 Time(filing.slot().end_time()),
                 filing.filer(),
                 Time(filing.file_time()),
                 filing.acknowledger(),
                 Time(filing.acknowledge_time()),
                 DocumentsOf(filing),
                 "",
                 "",
                 "",
                 merkle::Sha256(filing.receipt()).ToHex()});
  }

  std::string BeginRegistrations() override { return ""; }

  std::string Add(const v1::Registration& registration) override {
    return Line({std::string(words_.registration),
                 registration.number(),
                 "",
                 ResultWord(registration.result(), head_.language),
                 registration.title(),
                 registration.request(),
                 registration.plan(),
                 NumberOfRecord(registration.filing()),
                 Versions(registration.versions()),
                 "",
                 "",
                 registration.registrar(),
                 Time(registration.register_time()),
                 "",
                 "",
                 DocumentsOf(registration),
                 registration.remarks(),
                 NumberOfRecord(registration.corrects()),
                 NumberOfRecord(registration.corrected_by()),
                 merkle::Sha256(registration.receipt()).ToHex()});
  }

  std::string End(const LedgerTotals&) override { return ""; }

 private:
  std::string Time(const google::protobuf::Timestamp& time) const { return TimeText(time, head_.zone); }

  template <typename VersionChanges>
  std::string Versions(const VersionChanges& versions) const {
    return absl::StrJoin(versions, "; ", [this](std::string* out, const common::v1::VersionChange& version) {
      *out += VersionText(version, words_);
    });
  }

  const LedgerHead head_;
  const LedgerWords& words_;
};

}  // namespace

std::unique_ptr<LedgerDocument> NewCsvLedger(LedgerHead head) { return std::make_unique<CsvLedger>(std::move(head)); }

}  // namespace docket::audit
