#include "services/scheduling/evidence_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_proto.h"

namespace docket::scheduling {
namespace {

static_assert(static_cast<int>(TestCategory::kFunctional) == v1::TEST_CATEGORY_FUNCTIONAL);
static_assert(static_cast<int>(TestCategory::kSecurity) == v1::TEST_CATEGORY_SECURITY);

void Fill(const Backup& backup, v1::Backup& proto) {
  proto.set_location(backup.location);
  proto.set_sha256(backup.sha256);
  proto.set_size_bytes(backup.size_bytes);
  *proto.mutable_backup_time() = ToProto(backup.backup_time);
  proto.set_verifier(backup.verifier);
  proto.set_restore_plan(backup.restore_plan);
}

Backup Read(const v1::Backup& proto) {
  return {.location = proto.location(),
          .sha256 = proto.sha256(),
          .size_bytes = proto.size_bytes(),
          .backup_time = FromProto(proto.backup_time()),
          .verifier = proto.verifier(),
          .restore_plan = proto.restore_plan()};
}

void Fill(const TestRun& run, v1::TestRun& proto) {
  proto.set_category(static_cast<v1::TestCategory>(run.category));
  proto.set_environment(run.environment);
  for (const TestCase& test_case : run.cases) {
    v1::TestCase& added = *proto.add_cases();
    added.set_title(test_case.title);
    added.set_passed(test_case.passed);
    added.set_defect(test_case.defect);
  }
}

TestRun Read(const v1::TestRun& proto) {
  TestRun run;
  run.category = static_cast<TestCategory>(proto.category());
  run.environment = proto.environment();
  for (const v1::TestCase& test_case : proto.cases()) {
    run.cases.push_back({.title = test_case.title(), .passed = test_case.passed(), .defect = test_case.defect()});
  }
  return run;
}

void FillContent(const Evidence& evidence, v1::Evidence& proto) {
  if (const auto* backup = std::get_if<Backup>(&evidence.content)) {
    Fill(*backup, *proto.mutable_backup());
  } else if (const auto* drill = std::get_if<RestoreDrill>(&evidence.content)) {
    v1::RestoreDrill& filled = *proto.mutable_restore_drill();
    filled.set_backup(ChildName(PlanName(evidence.organization_id, evidence.plan_id), "evidence", drill->backup));
    filled.set_succeeded(drill->succeeded);
    *filled.mutable_drill_time() = ToProto(drill->drill_time);
    filled.set_notes(drill->notes);
  } else if (const auto* run = std::get_if<TestRun>(&evidence.content)) {
    Fill(*run, *proto.mutable_test_run());
  } else if (const auto* acceptance = std::get_if<UserAcceptance>(&evidence.content)) {
    proto.mutable_user_acceptance()->set_satisfied(acceptance->satisfied);
    proto.mutable_user_acceptance()->set_comment(acceptance->comment);
  }
}

absl::Status ReadContent(const v1::Evidence& proto, Evidence& evidence) {
  switch (proto.kind_case()) {
    case v1::Evidence::kBackup:
      evidence.content = Read(proto.backup());
      return absl::OkStatus();
    case v1::Evidence::kRestoreDrill: {
      const v1::RestoreDrill& drill = proto.restore_drill();
      if (PlanKey::OfParent(drill.backup()).Name() != PlanName(evidence.organization_id, evidence.plan_id)) {
        return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                     absl::StrCat(drill.backup(), " is no backup of this plan"), {{"resource", drill.backup()}});
      }
      evidence.content = RestoreDrill{.backup = LastId(drill.backup()),
                                      .succeeded = drill.succeeded(),
                                      .drill_time = FromProto(drill.drill_time()),
                                      .notes = drill.notes()};
      return absl::OkStatus();
    }
    case v1::Evidence::kTestRun:
      evidence.content = Read(proto.test_run());
      return absl::OkStatus();
    case v1::Evidence::kUserAcceptance:
      evidence.content = UserAcceptance{.satisfied = proto.user_acceptance().satisfied(),
                                        .comment = proto.user_acceptance().comment()};
      return absl::OkStatus();
    case v1::Evidence::KIND_NOT_SET:
      break;
  }
  FieldViolations violations;
  violations.Add("evidence", "must hold one of backup, restore_drill, test_run, user_acceptance");
  return violations.ToStatus();
}

}  // namespace

v1::Evidence ToProto(const Evidence& evidence) {
  v1::Evidence proto;
  FillContent(evidence, proto);
  proto.set_name(evidence.Name());
  proto.set_author(evidence.author);
  *proto.mutable_record_time() = ToProto(evidence.record_time);
  return proto;
}

absl::StatusOr<Evidence> FromProto(const PlanKey& plan, const v1::Evidence& proto) {
  Evidence evidence;
  evidence.organization_id = plan.organization_id;
  evidence.plan_id = plan.plan_id;
  DOCKET_RETURN_IF_ERROR(ReadContent(proto, evidence));
  return evidence;
}

std::string EncodeContent(const Evidence& evidence) {
  v1::Evidence proto;
  FillContent(evidence, proto);
  return proto.SerializeAsString();
}

absl::Status DecodeContent(absl::string_view bytes, Evidence& evidence) {
  v1::Evidence proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !ReadContent(proto, evidence).ok()) {
    return InternalError("evidence.content does not hold the content of a piece of evidence");
  }
  return absl::OkStatus();
}

}  // namespace docket::scheduling
