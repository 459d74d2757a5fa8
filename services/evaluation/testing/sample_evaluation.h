// An evaluation for tests: a property company upgrades its owners' app (业主服务APP).
#ifndef DOCKET_SERVICES_EVALUATION_TESTING_SAMPLE_EVALUATION_H_
#define DOCKET_SERVICES_EVALUATION_TESTING_SAMPLE_EVALUATION_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/report.h"

namespace docket::evaluation {

inline const absl::Time kSampleNow = absl::FromUnixMicros(1'772'000'000'123'456);
inline constexpr absl::string_view kSampleRequestId = "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17";

inline std::string SamplePerson(absl::string_view id) { return absl::StrCat("organizations/jinxiu/people/", id); }

inline RequestSnapshot SampleRequest(absl::string_view id = kSampleRequestId) {
  return {.name = absl::StrCat("organizations/jinxiu/requests/", id),
          .number = "REQ-2026-000001",
          .title = "业主服务APP升级到3.2",
          .kind = ChangeKind::kNormal,
          .requester = SamplePerson("wang-xiaoyan"),
          .department = "organizations/jinxiu/departments/kefu",
          .targets = {{.system = "organizations/jinxiu/systems/owner-app",
                       .component = "后端",
                       .from_version = "3.1.4",
                       .to_version = "3.2.0"}},
          .need = "增加在线报修进度查询。\n支持图片上传。",
          .problem = "业主反复来电询问进度。",
          .business_impact = "客服每日约120个重复来电。",
          .urgency = Level::kHigh,
          .impact = Level::kMedium,
          .priority = Level::kHigh,
          .endorser = SamplePerson("zhao-jianguo"),
          .triager = SamplePerson("li-zhiqiang"),
          .submit_time = kSampleNow - absl::Hours(48),
          .state = "ACCEPTED"};
}

inline std::vector<Seat> SampleSeats() {
  return {{.person = SamplePerson("zhao-jianguo"), .role = SeatRole::kBusiness},
          {.person = SamplePerson("qian-fang"), .role = SeatRole::kFinance},
          {.person = SamplePerson("sun-lei"), .role = SeatRole::kIt},
          {.person = SamplePerson("gongyingshang"), .role = SeatRole::kVendor}};
}

inline std::vector<Option> SampleOptions() {
  return {{.id = "upgrade",
           .title = "升级到3.2",
           .description = "由原供应商升级。",
           .implementation_proposal = "夜间停机升级,先备份数据库。",
           .cost_lines = {{"升级服务费", {"CNY", 4'500'000}}, {"测试费", {"CNY", 500'000}}},
           .benefit_low = Money{"CNY", 6'000'000},
           .benefit_high = Money{"CNY", 9'000'000}},
          {.id = "replace",
           .title = "更换为新系统",
           .description = "重新选型采购。",
           .implementation_proposal = "分两期迁移。",
           .cost_lines = {{"采购费", {"CNY", 30'000'000}}}}};
}

inline Evaluation SampleOpen() {
  absl::StatusOr<Evaluation> evaluation = Evaluation::Open(SampleRequest(), kSampleNow);
  return *std::move(evaluation);
}

// The same points for every criterion of an option.
inline std::vector<Score> SampleScores(const Evaluation& evaluation, int upgrade_points, int replace_points) {
  std::vector<Score> scores;
  for (const Criterion& criterion : evaluation.criteria) {
    scores.push_back({"upgrade", criterion.kind, upgrade_points, "升级风险可控"});
    scores.push_back({"replace", criterion.kind, replace_points, "周期太长"});
  }
  return scores;
}

inline ScoreSheet SampleSheet(const Evaluation& evaluation, absl::string_view person, int upgrade_points = 8,
                              int replace_points = 5) {
  return {.person = SamplePerson(person),
          .scores = SampleScores(evaluation, upgrade_points, replace_points),
          .salt = "0123456789abcdef",
          .submit_time = kSampleNow};
}

inline Evaluation SampleScoring() {
  Evaluation evaluation = SampleOpen();
  (void)evaluation.SetPanel(SampleSeats(), kSampleNow);
  (void)evaluation.SetOptions(SampleOptions(), {}, kSampleNow);
  (void)evaluation.StartScoring(kSampleNow);
  return evaluation;
}

inline std::vector<ScoreSheet> SampleSheets(const Evaluation& evaluation) {
  return {SampleSheet(evaluation, "zhao-jianguo", 8, 5), SampleSheet(evaluation, "qian-fang", 7, 6),
          SampleSheet(evaluation, "sun-lei", 9, 4)};
}

inline Evaluation SampleScored() {
  Evaluation evaluation = SampleScoring();
  for (const ScoreSheet& sheet : SampleSheets(evaluation)) (void)evaluation.SubmitScores(sheet, kSampleNow);
  return evaluation;
}

inline Budget SampleBudget(int64_t minor_units = 5'000'000) {
  return {.amount = {"CNY", minor_units},
          .budget_code = "2026-IT-03",
          .contract_reviewed = true,
          .note = "年度预算内",
          .confirmed_by = SamplePerson("qian-fang"),
          .confirm_time = kSampleNow};
}

inline Findings SampleFindings(bool feasible = true) {
  return {.feasible = feasible, .conclusion = "需求可行,建议采用升级方案。", .author = SamplePerson("li-zhiqiang")};
}

// A reported evaluation with its report.
inline std::pair<Evaluation, Report> SampleReported(bool feasible = true) {
  Evaluation evaluation = SampleScored();
  (void)evaluation.ConfirmBudget(SampleBudget(), kSampleNow);
  absl::StatusOr<Report> report =
      MakeReport(evaluation, SampleSheets(evaluation), SampleFindings(feasible), kSampleNow);
  (void)evaluation.AcceptReport(*report, kSampleNow);
  return {evaluation, *report};
}

inline ApprovalPolicy SamplePolicy() {
  return {.id = "default",
          .version = 1,
          .stages = {{.title = "管理层审批", .approver_role = "EXECUTIVE", .rule = StageRule::kAny, .threshold = 1}}};
}

inline Evaluation SampleApproving() {
  auto [evaluation, report] = SampleReported();
  (void)evaluation.RequestApproval(SamplePolicy(), report, kSampleNow);
  return evaluation;
}

inline Voter SampleExecutive() { return {.person = SamplePerson("chen-zong"), .roles = {"EXECUTIVE"}}; }

inline Vote SampleVote(const Evaluation& evaluation, Decision decision = Decision::kApprove) {
  return {.decision = decision,
          .reason = decision == Decision::kReject ? "预算不足" : "",
          .content_sha256 = evaluation.content_sha256};
}

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_TESTING_SAMPLE_EVALUATION_H_
