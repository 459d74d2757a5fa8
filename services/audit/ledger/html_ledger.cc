#include <utility>

#include "absl/strings/str_cat.h"
#include "common/evidence/receipt.h"
#include "services/audit/ledger/html_text.h"
#include "services/audit/ledger/ledger_document.h"
#include "services/audit/ledger/ledger_words.h"

namespace docket::audit {
namespace {

// Heads are repeated on every page and rows are not torn apart where that can be helped.
constexpr char kStyle[] = R"(
* { box-sizing: border-box; }
body { margin: 0; color: #000; background: #fff; font: 9pt/1.35 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0 0 4mm; font-size: 16pt; text-align: center; }
h2 { margin: 6mm 0 2mm; font-size: 11pt; break-after: avoid; }
dl { display: flex; flex-wrap: wrap; gap: 1mm 8mm; margin: 0 0 2mm; }
dl div { display: flex; gap: 2mm; }
dt { font-weight: bold; white-space: nowrap; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { padding: 1mm 1.5mm; border: 0.25mm solid #444; text-align: start; vertical-align: top; overflow-wrap: anywhere; }
th { background: #e8e8e8; font-size: 8pt; font-weight: bold; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
td div + div { margin-top: 1mm; }
.number, .receipt { font-family: "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace; font-size: 7.5pt; }
.number { white-space: nowrap; }
.small, .digest { color: #333; font-size: 7pt; }
.digest { font-family: "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace; font-size: 6pt; line-height: 1.2; }
.remarks { white-space: pre-wrap; }
.closing { margin-top: 6mm; break-inside: avoid; }
.signatures { display: flex; gap: 12mm; margin-top: 12mm; }
.signatures div { flex: 1; padding-top: 1mm; border-top: 0.25mm solid #000; }
@media screen { body { max-width: 277mm; margin: 8mm auto; } }
)";

std::string Text(absl::string_view text) { return HtmlText(text); }

// Its writing direction must not turn that of its neighbours.
std::string Isolated(absl::string_view text) { return absl::StrCat("<bdi>", HtmlText(text), "</bdi>"); }

std::string Div(absl::string_view css_class, absl::string_view html) {
  return absl::StrCat("<div class=\"", css_class, "\">", html, "</div>");
}

std::string Cell(absl::string_view html, absl::string_view css_class = "") {
  return css_class.empty() ? absl::StrCat("<td>", html, "</td>")
                           : absl::StrCat("<td class=\"", css_class, "\">", html, "</td>");
}

std::string Fact(absl::string_view name, absl::string_view html) {
  return absl::StrCat("<div><dt>", Text(name), "</dt><dd>", html, "</dd></div>\n");
}

template <typename VersionChanges>
std::string Versions(const VersionChanges& versions, const LedgerWords& words) {
  std::string html;
  for (const common::v1::VersionChange& version : versions) {
    absl::StrAppend(&html, "<div>", Isolated(VersionText(version, words)), "</div>");
  }
  return html;
}

template <typename Record>
std::string Documents(const Record& record) {
  std::string html;
  for (const auto* documents : {&record.documents(), &record.attachments()}) {
    for (const common::v1::Document& document : *documents) {
      absl::StrAppend(&html, "<div>", Isolated(document.title()), Div("digest", Text(document.sha256())), "</div>");
    }
  }
  return html;
}

class HtmlLedger final : public LedgerDocument {
 public:
  explicit HtmlLedger(LedgerHead head) : head_(std::move(head)), words_(WordsOf(head_.language)) {}

  std::string Begin() override {
    const std::string period = absl::StrCat(absl::FormatCivilTime(head_.first_day), " ", words_.to, " ",
                                            absl::FormatCivilTime(head_.last_day));
    const std::string foot = absl::StrCat(head_.organization_title, "  ", words_.title, "  ", period);
    return absl::StrCat(
        "<!DOCTYPE html>\n<html lang=\"", words_.language_code, "\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
        "<title>", Text(absl::StrCat(words_.title, " ", head_.organization_title, " ", period)), "</title>\n<style>",
        kStyle, "@page { size: A4 landscape; margin: 12mm 10mm 15mm;\n  @bottom-left { font-size: 7pt; content: ",
        CssString(foot), "; }\n  @bottom-right { font-size: 7pt; content: ", CssString(words_.page), " counter(page) ",
        CssString(words_.of), " counter(pages) ", CssString(words_.pages), "; } }\n</style>\n</head>\n<body>\n<h1>",
        Text(words_.title), "</h1>\n<dl>\n",
        Fact(words_.organization,
             absl::StrCat(Isolated(head_.organization_title), " (", Text(head_.organization), ")")),
        Fact(words_.period, Text(period)),
        Fact(words_.generated, Text(absl::StrCat(TimeText(head_.generate_time, head_.zone), " ", words_.by, " ",
                                                 ShortName(head_.printer)))),
        Fact(words_.time_zone, Text(head_.zone.name())), "</dl>\n", "<h2>", Text(words_.filings), "</h2>\n",
        Table({{words_.number, 10},
               {words_.change, 16},
               {words_.versions, 20},
               {words_.slot, 10},
               {words_.filed_by, 10},
               {words_.acknowledged_by, 10},
               {words_.documents, 16},
               {words_.receipt, 8}}));
  }

  std::string Add(const v1::Filing& filing) override {
    rows_ = true;
    const bool acknowledged = filing.state() == v1::Filing::STATE_ACKNOWLEDGED;
    return absl::StrCat(
        "<tr>", Cell(Text(filing.number()), "number"), Cell(Change(filing.title(), filing.request())),
        Cell(Versions(filing.targets(), words_)),
        Cell(Two(TimeText(filing.slot().start_time(), head_.zone), TimeText(filing.slot().end_time(), head_.zone))),
        Cell(Two(ShortName(filing.filer()), TimeText(filing.file_time(), head_.zone))),
        Cell(acknowledged ? Two(ShortName(filing.acknowledger()), TimeText(filing.acknowledge_time(), head_.zone))
                          : Text(words_.not_acknowledged)),
        Cell(Documents(filing)), Cell(evidence::ShortFingerprint(filing.receipt()), "receipt"), "</tr>\n");
  }

  std::string BeginRegistrations() override {
    // First, since the next table begins without rows.
    std::string html = EndTable(8);
    absl::StrAppend(&html, "<h2>", Text(words_.registrations), "</h2>\n");
    absl::StrAppend(&html, Table({{words_.number, 10},
                                  {words_.filing, 10},
                                  {words_.change, 15},
                                  {words_.versions, 16},
                                  {words_.result, 8},
                                  {words_.registered_by, 10},
                                  {words_.documents, 13},
                                  {words_.remarks, 10},
                                  {words_.receipt, 8}}));
    return html;
  }

  std::string Add(const v1::Registration& registration) override {
    rows_ = true;
    std::string remarks;
    if (!registration.corrects().empty()) {
      absl::StrAppend(&remarks, "<div>", Text(words_.corrects), " ", Text(NumberOfRecord(registration.corrects())),
                      "</div>");
    }
    if (!registration.corrected_by().empty()) {
      absl::StrAppend(&remarks, "<div><strong>", Text(words_.corrected_by), " ",
                      Text(NumberOfRecord(registration.corrected_by())), "</strong></div>");
    }
    if (!registration.remarks().empty()) absl::StrAppend(&remarks, Div("remarks", Isolated(registration.remarks())));
    return absl::StrCat(
        "<tr>", Cell(Text(registration.number()), "number"),
        Cell(Text(NumberOfRecord(registration.filing())), "number"),
        Cell(Change(registration.title(), registration.request())), Cell(Versions(registration.versions(), words_)),
        Cell(Text(ResultWord(registration.result(), head_.language))),
        Cell(Two(ShortName(registration.registrar()), TimeText(registration.register_time(), head_.zone))),
        Cell(Documents(registration)), Cell(remarks),
        Cell(evidence::ShortFingerprint(registration.receipt()), "receipt"), "</tr>\n");
  }

  std::string End(const LedgerTotals& totals) override {
    return absl::StrCat(EndTable(9), "<div class=\"closing\">\n<h2>", Text(words_.totals), "</h2>\n<dl>\n",
                        Fact(words_.total_filings, Range(totals.filings, totals.whole_years)),
                        Fact(words_.total_acknowledged, absl::StrCat(totals.acknowledged)),
                        Fact(words_.total_registrations, Range(totals.registrations, totals.whole_years)),
                        Fact(words_.total_implemented, absl::StrCat(totals.implemented)),
                        Fact(words_.total_rolled_back, absl::StrCat(totals.rolled_back)),
                        Fact(words_.total_corrections, absl::StrCat(totals.corrections)), "</dl>\n<h2>",
                        Text(words_.evidence), "</h2>\n<dl>\n", Fact(words_.log_size, absl::StrCat(head_.log_size)),
                        Fact(words_.checkpoint, evidence::ShortFingerprint(head_.checkpoint)),
                        Fact(words_.log_root, Div("receipt", Text(head_.log_root))),
                        Fact(words_.key, Div("receipt", Text(head_.key_fingerprint))), "</dl>\n",
                        Div("small", Text(words_.how_to_verify)), "\n<div class=\"signatures\"><div>",
                        Text(words_.signature_filer), "</div><div>", Text(words_.signature_supervisor), "</div><div>",
                        Text(words_.signature_date), "</div></div>\n</div>\n</body>\n</html>\n");
  }

 private:
  struct Column {
    absl::string_view name;
    // Percent.
    int width;
  };

  std::string Table(std::initializer_list<Column> columns) {
    rows_ = false;
    std::string html = "<table>\n<colgroup>";
    for (const Column& column : columns) absl::StrAppend(&html, "<col style=\"width: ", column.width, "%\">");
    html += "</colgroup>\n<thead><tr>";
    for (const Column& column : columns) absl::StrAppend(&html, "<th scope=\"col\">", Text(column.name), "</th>");
    return html + "</tr></thead>\n<tbody>\n";
  }

  std::string EndTable(int columns) const {
    const std::string empty = absl::StrCat("<tr><td colspan=\"", columns, "\">", Text(words_.none), "</td></tr>\n");
    return absl::StrCat(rows_ ? "" : empty, "</tbody>\n</table>\n");
  }

  std::string Change(absl::string_view title, absl::string_view request) const {
    return absl::StrCat("<div>", Isolated(title), "</div>", Div("small", Text(ShortName(request))));
  }

  static std::string Two(absl::string_view first, absl::string_view second) {
    return absl::StrCat("<div>", Text(first), "</div>", Div("small", Text(second)));
  }

  std::string Range(const RegisterNumbers& range, bool whole_years) const {
    std::string html = absl::StrCat(range.count);
    if (range.count > 0) absl::StrAppend(&html, " (", Text(range.first), " – ", Text(range.last), ")");
    if (!whole_years || range.count == 0) return html;
    if (range.missing == 0) return absl::StrCat(html, ", ", Text(words_.no_gaps));
    return absl::StrCat(html, ", <strong>", Text(words_.missing_numbers), ": ", range.missing, "</strong>");
  }

  const LedgerHead head_;
  const LedgerWords& words_;
  // Whether the table under way has any.
  bool rows_ = false;
};

}  // namespace

std::unique_ptr<LedgerDocument> NewHtmlLedger(LedgerHead head) { return std::make_unique<HtmlLedger>(std::move(head)); }

}  // namespace docket::audit
