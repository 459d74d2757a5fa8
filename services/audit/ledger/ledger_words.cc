#include "services/audit/ledger/ledger_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"

namespace docket::audit {
namespace {

constexpr LedgerWords kChinese = {
    .language_code = "zh-CN",
    .title = "软件变更报备登记台账",
    .organization = "单位",
    .period = "期间",
    .to = "至",
    .generated = "生成时间",
    .by = "打印人",
    .time_zone = "时区",
    .filings = "一、报备",
    .registrations = "二、登记",
    .none = "本期无记录",
    .kind = "类别",
    .filing = "报备",
    .registration = "登记",
    .number = "编号",
    .state = "状态",
    .result = "结果",
    .change = "变更",
    .request = "需求",
    .plan = "方案",
    .versions = "系统与版本(变更前 → 变更后)",
    .slot = "计划实施时间",
    .slot_start = "计划开始时间",
    .slot_end = "计划结束时间",
    .person = "经办人",
    .filed_by = "报备人 / 时间",
    .registered_by = "登记人 / 时间",
    .time = "时间",
    .acknowledger = "上级确认人",
    .acknowledged_by = "上级确认人 / 时间",
    .acknowledge_time = "确认时间",
    .not_acknowledged = "未确认",
    .documents = "文件及其 SHA-256",
    .remarks = "备注",
    .corrects = "更正",
    .corrected_by = "已被更正,见",
    .receipt = "回执指纹",
    .whole_system = "整个系统",
    .totals = "合计",
    .total_filings = "报备",
    .total_acknowledged = "其中已确认",
    .total_registrations = "登记",
    .total_implemented = "其中已实施",
    .total_rolled_back = "已回退",
    .total_corrections = "更正",
    .no_gaps = "编号连续,无缺号",
    .missing_numbers = "缺号",
    .evidence = "审计日志",
    .log_size = "日志条数",
    .log_root = "根哈希",
    .checkpoint = "检查点指纹",
    .key = "公钥指纹",
    .how_to_verify = "回执指纹为签名回执 SHA-256 的前 16 位;回执可用 docketctl verify receipt 离线核验。",
    .page = "第 ",
    .of = " 页 / 共 ",
    .pages = " 页",
    .signature_filer = "经办人(签字)",
    .signature_supervisor = "上级主管(签字)",
    .signature_date = "日期",
};

constexpr LedgerWords kEnglish = {
    .language_code = "en",
    .title = "Register of software changes: filings and registrations",
    .organization = "Organisation",
    .period = "Period",
    .to = "to",
    .generated = "Generated",
    .by = "by",
    .time_zone = "Time zone",
    .filings = "1. Filings",
    .registrations = "2. Registrations",
    .none = "Nothing in this period",
    .kind = "Kind",
    .filing = "Filing",
    .registration = "Registration",
    .number = "Number",
    .state = "State",
    .result = "Result",
    .change = "Change",
    .request = "Request",
    .plan = "Plan",
    .versions = "Systems and versions (before → after)",
    .slot = "Planned for",
    .slot_start = "Planned start",
    .slot_end = "Planned end",
    .person = "Person",
    .filed_by = "Filed by / at",
    .registered_by = "Registered by / at",
    .time = "Time",
    .acknowledger = "Acknowledged by",
    .acknowledged_by = "Acknowledged by / at",
    .acknowledge_time = "Acknowledged at",
    .not_acknowledged = "not acknowledged",
    .documents = "Documents with SHA-256",
    .remarks = "Remarks",
    .corrects = "Corrects",
    .corrected_by = "Corrected by",
    .receipt = "Receipt",
    .whole_system = "whole system",
    .totals = "Totals",
    .total_filings = "Filings",
    .total_acknowledged = "of these acknowledged",
    .total_registrations = "Registrations",
    .total_implemented = "of these implemented",
    .total_rolled_back = "rolled back",
    .total_corrections = "corrections",
    .no_gaps = "numbers without gaps",
    .missing_numbers = "missing numbers",
    .evidence = "Audit log",
    .log_size = "Entries",
    .log_root = "Root hash",
    .checkpoint = "Checkpoint fingerprint",
    .key = "Key fingerprint",
    .how_to_verify =
        "A receipt's fingerprint is the first 16 digits of the signed receipt's SHA-256; docketctl verify receipt "
        "checks "
        "receipts offline.",
    .page = "Page ",
    .of = " of ",
    .pages = "",
    .signature_filer = "Prepared by (signature)",
    .signature_supervisor = "Supervisor (signature)",
    .signature_date = "Date",
};

}  // namespace

const LedgerWords& WordsOf(LedgerLanguage language) {
  return language == LedgerLanguage::kEnglish ? kEnglish : kChinese;
}

std::string StateWord(v1::Filing::State state, LedgerLanguage language) {
  const bool english = language == LedgerLanguage::kEnglish;
  if (state == v1::Filing::STATE_ACKNOWLEDGED) return english ? "acknowledged" : "已确认";
  return english ? "filed" : "已报备";
}

std::string ResultWord(v1::Registration::Result result, LedgerLanguage language) {
  const bool english = language == LedgerLanguage::kEnglish;
  if (result == v1::Registration::RESULT_ROLLED_BACK) return english ? "rolled back" : "已回退";
  return english ? "implemented" : "已实施";
}

std::string TimeText(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  if (time.seconds() == 0) return "";
  return TimeText(absl::FromUnixSeconds(time.seconds()), zone);
}

std::string TimeText(absl::Time time, absl::TimeZone zone) { return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, zone); }

std::string VersionText(const common::v1::VersionChange& version, const LedgerWords& words) {
  return absl::StrCat(ShortName(version.system()), " / ",
                      version.component().empty() ? std::string(words.whole_system) : version.component(), ": ",
                      version.from_version(), " → ", version.to_version());
}

std::string ShortName(absl::string_view name) { return LastId(name); }

std::string NumberOfRecord(absl::string_view name) { return absl::AsciiStrToUpper(LastId(name)); }

}  // namespace docket::audit
