#include "services/audit/register_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/evidence/receipt.h"
#include "common/filter/translate.h"
#include "common/merkle/hash.h"
#include "common/merkle/note.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/register.h"

namespace docket::audit {
namespace {

// A page ends early where its documents are many: a reply has to stay below 4 MiB.
constexpr size_t kMaxPageBytes = size_t{3} << 20;

// A name in the filter, its last identifier in the column.
std::optional<filter::FilterValue> LastIdOf(absl::string_view name) {
  std::string id = LastId(name);
  if (id.empty()) return std::nullopt;
  return id;
}

// Numbers stand in columns in upper case, in names in lower.
std::optional<filter::FilterValue> NumberOfName(absl::string_view name) {
  std::string number = absl::AsciiStrToUpper(LastId(name));
  if (number.empty()) return std::nullopt;
  return number;
}

// What both lists are filtered by; `row` is the alias of the list's table.
filter::Schema CommonSchema(const std::string& row) {
  const std::string versions = absl::StrCat("SELECT 1 FROM register_version AS v WHERE v.organization_id = ", row,
                                            ".organization_id AND v.number = ", row, ".number");
  return filter::Schema()
      .String("number", {.sql = row + ".number"})
      .Int("year", {.sql = absl::StrCat("CAST(SUBSTRING(", row, ".number, 4, 4) AS SIGNED)")})
      .Converted("plan", {.sql = row + ".plan_id"}, "a name like organizations/*/plans/*", LastIdOf)
      .Converted("request", {.sql = row + ".plan_id"}, "a name like organizations/*/requests/*", LastIdOf)
      .String("title", {.sql = row + ".title"})
      .Converted("system", {.sql = "v.system_id", .rows = versions}, "a name like organizations/*/systems/*", LastIdOf)
      .String("component", {.sql = "v.component", .rows = versions})
      .String("from_version", {.sql = "v.from_version", .rows = versions})
      .String("to_version", {.sql = "v.to_version", .rows = versions});
}

filter::Schema FilingSchema() {
  return CommonSchema("f")
      .Enum("state", {.sql = "f.state"}, filter::EnumValues(*v1::Filing::State_descriptor()))
      .String("filer", {.sql = "f.filer"})
      .Timestamp("file_time", {.sql = "f.file_us"})
      .String("acknowledger", {.sql = "f.acknowledger"})
      .Timestamp("acknowledge_time", {.sql = "NULLIF(f.acknowledge_us, 0)", .nullable = true});
}

filter::Schema RegistrationSchema() {
  const std::string filings = absl::StrCat(
      "SELECT 1 FROM filing AS f WHERE f.organization_id = r.organization_id AND f.plan_id = r.plan_id AND f.state = ",
      static_cast<int>(v1::Filing::STATE_ACKNOWLEDGED));
  return CommonSchema("r")
      .Enum("result", {.sql = "r.result"}, filter::EnumValues(*v1::Registration::Result_descriptor()))
      .Converted("filing", {.sql = "f.number", .rows = filings}, "a name like organizations/*/filings/*", NumberOfName)
      .String("filer", {.sql = "f.filer", .rows = filings})
      .String("registrar", {.sql = "r.registrar"})
      .Timestamp("register_time", {.sql = "r.register_us"})
      .Converted("corrects", {.sql = "NULLIF(r.corrects, '')", .nullable = true},
                 "a name like organizations/*/registrations/*", NumberOfName)
      .Converted("corrected_by", {.sql = "c.number", .nullable = true}, "a name like organizations/*/registrations/*",
                 NumberOfName);
}

std::vector<std::string> SystemsOf(const google::protobuf::RepeatedPtrField<common::v1::VersionChange>& versions) {
  std::vector<std::string> systems;
  for (const common::v1::VersionChange& version : versions) systems.push_back(version.system());
  return systems;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const int64_t micros = absl::ToUnixMicros(time);
  proto.set_seconds(micros / 1'000'000);
  proto.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  return proto;
}

absl::StatusOr<PlanFacts> FactsOf(const scheduling::v1::Plan& plan) {
  PlanFacts facts{.content_sha256 = plan.content_sha256()};
  switch (plan.state()) {
    case scheduling::v1::Plan::STATE_DRAFT:
      facts.state = PlanState::kDraft;
      return facts;
    case scheduling::v1::Plan::STATE_APPROVED:
      facts.state = PlanState::kApproved;
      return facts;
    case scheduling::v1::Plan::STATE_IMPLEMENTING:
      facts.state = PlanState::kImplementing;
      return facts;
    case scheduling::v1::Plan::STATE_IMPLEMENTED:
      facts.state = PlanState::kImplemented;
      return facts;
    case scheduling::v1::Plan::STATE_ACCEPTED:
      facts.state = PlanState::kAccepted;
      return facts;
    case scheduling::v1::Plan::STATE_ROLLED_BACK:
      facts.state = PlanState::kRolledBack;
      return facts;
    default:
      return InternalError("the scheduling service knows a plan state that this one does not");
  }
}

// Of the content alone, so that what one event calls `after` is what the next one calls `before`.
std::string DigestBytes(v1::Filing filing) {
  filing.clear_etag();
  return merkle::Sha256(filing.SerializeAsString()).ToBytes();
}
std::string DigestBytes(const v1::Registration& registration) {
  return merkle::Sha256(registration.SerializeAsString()).ToBytes();
}

absl::Status CheckEtag(absl::string_view given, absl::string_view current) {
  if (given.empty() || given == current) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "the filing was changed since it was read",
               {{"current_etag", std::string(current)}});
}

// What both lists read alike from a request.
struct ListQuery {
  RegisterSelection selection;
  PageToken token;
};

template <typename Request>
absl::StatusOr<ListQuery> ParseList(const Request& request, absl::string_view method, const filter::Schema& schema,
                                    const PageTokenCodec& codec) {
  FieldViolations violations;
  ListQuery query;
  query.selection.limit = PageSize(request.page_size(), violations) + 1;
  violations.Require(request.order_by().empty() || request.order_by() == "number desc", "order_by",
                     "write number desc or nothing");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(query.selection.condition, filter::Translate(request.filter(), schema));
  query.selection.organization_id = OrganizationId(request.parent());
  query.token.fingerprint = QueryFingerprint({method, request.parent(), request.filter()});
  if (!request.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(query.token, codec.Decode(request.page_token(), query.token.fingerprint));
    if (!query.token.key.empty()) query.selection.before_number = query.token.key[0];
  }
  return query;
}

}  // namespace

RegisterService::RegisterService(Parts parts, merkle::NoteSigner signer)
    : parts_(parts),
      signer_(std::move(signer)),
      filing_schema_(FilingSchema()),
      registration_schema_(RegistrationSchema()) {}

void RegisterService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.RegisterService/CreateFiling", this, &RegisterService::CreateFiling);
  table.Unary("docket.audit.v1.RegisterService/AcknowledgeFiling", this, &RegisterService::AcknowledgeFiling);
  table.Unary("docket.audit.v1.RegisterService/GetFiling", this, &RegisterService::GetFiling);
  table.Unary("docket.audit.v1.RegisterService/ListFilings", this, &RegisterService::ListFilings);
  table.Unary("docket.audit.v1.RegisterService/CreateRegistration", this, &RegisterService::CreateRegistration);
  table.Unary("docket.audit.v1.RegisterService/GetRegistration", this, &RegisterService::GetRegistration);
  table.Unary("docket.audit.v1.RegisterService/ListRegistrations", this, &RegisterService::ListRegistrations);
}

absl::StatusOr<v1::Filing> RegisterService::CreateFiling(const rpc::CallContext& context,
                                                         const v1::CreateFilingRequest& request) {
  // The questions come before the transaction: none waits for another service with rows locked.
  DOCKET_ASSIGN_OR_RETURN(const scheduling::v1::Plan plan, parts_.sources->GetPlan(context, request.filing().plan()));
  DOCKET_ASSIGN_OR_RETURN(const OrganizationFacts organization,
                          parts_.sources->GetOrganization(context, request.parent()));
  DOCKET_ASSIGN_OR_RETURN(const PlanFacts facts, FactsOf(plan));
  DOCKET_ASSIGN_OR_RETURN(const auto attachments, parts_.sources->ListAttachments(context, plan.request()));
  return parts_.mutations->Run<v1::Filing>(
      context, {.resource = plan.name(), .change = plan.request()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Filing> {
        DOCKET_RETURN_IF_ERROR(CheckMayFile(facts));
        const absl::Time now = parts_.clock->Now();
        const int year = static_cast<int>(absl::ToCivilYear(now, organization.zone).year());
        v1::Filing filing;
        DOCKET_ASSIGN_OR_RETURN(const int64_t number,
                                RegisterStore::TakeNumber(tx, OrganizationId(request.parent()), kFilingSeries, year));
        filing.set_number(FormatNumber(kFilingSeries, year, number));
        filing.set_name(ChildName(request.parent(), "filings", NumberId(filing.number())));
        filing.set_state(v1::Filing::STATE_FILED);
        filing.set_plan(plan.name());
        filing.set_request(plan.request());
        filing.set_title(plan.title());
        filing.set_plan_sha256(plan.content_sha256());
        *filing.mutable_targets() = plan.targets();
        *filing.mutable_slot() = plan.slot();
        *filing.mutable_documents() = request.filing().documents();
        filing.mutable_attachments()->Add(attachments.begin(), attachments.end());
        filing.set_filer(context.principal().name());
        *filing.mutable_file_time() = ToProto(now);
        DOCKET_ASSIGN_OR_RETURN(*filing.mutable_receipt(), ReceiptOf(filing, now));
        DOCKET_RETURN_IF_ERROR(RegisterStore::InsertFiling(tx, filing));
        event::v1::ChangeFiled event;
        event.set_number(filing.number());
        event.set_plan_sha256(filing.plan_sha256());
        *event.mutable_targets() = filing.targets();
        recorder.Add(event, {.subject = filing.name(),
                             .revision = 1,
                             .change = filing.request(),
                             .after_sha256 = DigestBytes(filing),
                             .systems = SystemsOf(filing.targets())});
        filing.set_etag("1");
        return filing;
      });
}

absl::StatusOr<v1::Filing> RegisterService::AcknowledgeFiling(const rpc::CallContext& context,
                                                              const v1::AcknowledgeFilingRequest& request) {
  // Its change is not known before it is read; a refusal without it would be missing in the change's trail.
  DOCKET_ASSIGN_OR_RETURN(const StoredFiling known, parts_.store->GetFiling(request.name(), context.deadline()));
  return parts_.mutations->Run<v1::Filing>(
      context, {.resource = request.name(), .change = known.filing.request()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Filing> {
        DOCKET_ASSIGN_OR_RETURN(StoredFiling stored, RegisterStore::LockFiling(tx, request.name()));
        v1::Filing& filing = stored.filing;
        const FilingFacts facts{.state = static_cast<FilingState>(filing.state()), .filer = filing.filer()};
        DOCKET_RETURN_IF_ERROR(CheckIndependent(facts, context.principal().name()));
        DOCKET_RETURN_IF_ERROR(CheckEtag(request.etag(), filing.etag()));
        DOCKET_RETURN_IF_ERROR(CheckMayAcknowledge(facts));
        const std::string before = DigestBytes(filing);
        filing.set_state(v1::Filing::STATE_ACKNOWLEDGED);
        filing.set_acknowledger(context.principal().name());
        *filing.mutable_acknowledge_time() = ToProto(parts_.clock->Now());
        DOCKET_RETURN_IF_ERROR(RegisterStore::SaveAcknowledgement(tx, stored));
        filing.set_etag(absl::StrCat(stored.revision + 1));
        event::v1::FilingAcknowledged event;
        event.set_number(filing.number());
        recorder.Add(event, {.subject = filing.name(),
                             .revision = stored.revision + 1,
                             .change = filing.request(),
                             .reason = request.comment(),
                             .before_sha256 = before,
                             .after_sha256 = DigestBytes(filing),
                             .changes = {{"state", "FILED", "ACKNOWLEDGED"}},
                             .systems = SystemsOf(filing.targets())});
        return filing;
      });
}

absl::StatusOr<v1::Filing> RegisterService::GetFiling(const rpc::CallContext& context,
                                                      const v1::GetFilingRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const StoredFiling stored, parts_.store->GetFiling(request.name(), context.deadline()));
  return stored.filing;
}

absl::StatusOr<v1::ListFilingsResponse> RegisterService::ListFilings(const rpc::CallContext& context,
                                                                     const v1::ListFilingsRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(ListQuery query, ParseList(request, "ListFilings", filing_schema_, *parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(const auto filings, parts_.store->ListFilings(query.selection, context.deadline()));
  v1::ListFilingsResponse response;
  const size_t limit = std::min(filings.size(), static_cast<size_t>(query.selection.limit - 1));
  size_t shown = 0;
  for (size_t bytes = 0; shown < limit && bytes < kMaxPageBytes; ++shown) {
    bytes += filings[shown].filing.ByteSizeLong();
    *response.add_filings() = filings[shown].filing;
  }
  if (filings.size() > shown) {
    query.token.key = {filings[shown - 1].filing.number()};
    response.set_next_page_token(parts_.page_tokens->Encode(query.token));
  }
  return response;
}

absl::StatusOr<v1::Registration> RegisterService::CreateRegistration(const rpc::CallContext& context,
                                                                     const v1::CreateRegistrationRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const scheduling::v1::Plan plan,
                          parts_.sources->GetPlan(context, request.registration().plan()));
  DOCKET_ASSIGN_OR_RETURN(const OrganizationFacts organization,
                          parts_.sources->GetOrganization(context, request.parent()));
  DOCKET_ASSIGN_OR_RETURN(const PlanFacts facts, FactsOf(plan));
  DOCKET_ASSIGN_OR_RETURN(const auto attachments, parts_.sources->ListAttachments(context, plan.request()));
  return parts_.mutations->Run<v1::Registration>(
      context, {.resource = plan.name(), .change = plan.request()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Registration> {
        DOCKET_RETURN_IF_ERROR(CheckMayRegister(facts));
        DOCKET_ASSIGN_OR_RETURN(const auto filing, RegisterStore::LastAcknowledged(tx, plan.name()));
        if (!filing.has_value()) {
          return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                       "the change was never filed and acknowledged", {{"missing", "filing"}});
        }
        const std::string& corrects = request.registration().corrects();
        if (!corrects.empty()) {
          DOCKET_ASSIGN_OR_RETURN(const v1::Registration corrected, RegisterStore::GetRegistration(tx, corrects));
          if (corrected.plan() != plan.name()) {
            return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                         "a correction belongs to the same plan as what it corrects", {{"resource", corrects}});
          }
        }
        const bool rolled_back = facts.state == PlanState::kRolledBack;
        const absl::Time now = parts_.clock->Now();
        const int year = static_cast<int>(absl::ToCivilYear(now, organization.zone).year());
        DOCKET_ASSIGN_OR_RETURN(const int64_t number, RegisterStore::TakeNumber(tx, OrganizationId(request.parent()),
                                                                                kRegistrationSeries, year));
        v1::Registration registration;
        registration.set_number(FormatNumber(kRegistrationSeries, year, number));
        registration.set_name(ChildName(request.parent(), "registrations", NumberId(registration.number())));
        registration.set_plan(plan.name());
        registration.set_request(plan.request());
        registration.set_filing(filing->filing.name());
        registration.set_title(plan.title());
        registration.set_result(rolled_back ? v1::Registration::RESULT_ROLLED_BACK
                                            : v1::Registration::RESULT_IMPLEMENTED);
        *registration.mutable_versions() = plan.targets();
        if (rolled_back) {
          for (auto& version : *registration.mutable_versions()) version.set_to_version(version.from_version());
        }
        *registration.mutable_documents() = request.registration().documents();
        registration.mutable_attachments()->Add(attachments.begin(), attachments.end());
        registration.set_remarks(request.registration().remarks());
        registration.set_registrar(context.principal().name());
        *registration.mutable_register_time() = ToProto(now);
        registration.set_corrects(corrects);
        DOCKET_ASSIGN_OR_RETURN(*registration.mutable_receipt(), ReceiptOf(registration, plan.content_sha256(), now));
        DOCKET_RETURN_IF_ERROR(RegisterStore::InsertRegistration(tx, registration));
        event::v1::ChangeRegistered event;
        event.set_number(registration.number());
        event.set_filing_number(filing->filing.number());
        *event.mutable_versions() = registration.versions();
        event.set_result(rolled_back ? "ROLLED_BACK" : "IMPLEMENTED");
        recorder.Add(event, {.subject = registration.name(),
                             .revision = 1,
                             .change = registration.request(),
                             .reason = registration.remarks(),
                             .after_sha256 = DigestBytes(registration),
                             .systems = SystemsOf(registration.versions())});
        return registration;
      });
}

absl::StatusOr<v1::Registration> RegisterService::GetRegistration(const rpc::CallContext& context,
                                                                  const v1::GetRegistrationRequest& request) {
  return parts_.store->GetRegistration(request.name(), context.deadline());
}

absl::StatusOr<v1::ListRegistrationsResponse> RegisterService::ListRegistrations(
    const rpc::CallContext& context, const v1::ListRegistrationsRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(ListQuery query,
                          ParseList(request, "ListRegistrations", registration_schema_, *parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(const auto registrations,
                          parts_.store->ListRegistrations(query.selection, context.deadline()));
  v1::ListRegistrationsResponse response;
  const size_t limit = std::min(registrations.size(), static_cast<size_t>(query.selection.limit - 1));
  size_t shown = 0;
  for (size_t bytes = 0; shown < limit && bytes < kMaxPageBytes; ++shown) {
    bytes += registrations[shown].ByteSizeLong();
    *response.add_registrations() = registrations[shown];
  }
  if (registrations.size() > shown) {
    query.token.key = {registrations[shown - 1].number()};
    response.set_next_page_token(parts_.page_tokens->Encode(query.token));
  }
  return response;
}

absl::StatusOr<std::string> RegisterService::ReceiptOf(const v1::Filing& filing, absl::Time time) const {
  return merkle::SignNote(evidence::ReceiptText({.kind = "filing",
                                                 .number = filing.number(),
                                                 .request = filing.request(),
                                                 .content_sha256 = filing.plan_sha256(),
                                                 .record_sha256 = evidence::RecordDigest(filing),
                                                 .time = time}),
                          {signer_});
}

absl::StatusOr<std::string> RegisterService::ReceiptOf(const v1::Registration& registration,
                                                       const std::string& plan_sha256, absl::Time time) const {
  return merkle::SignNote(evidence::ReceiptText({.kind = "registration",
                                                 .number = registration.number(),
                                                 .request = registration.request(),
                                                 .content_sha256 = plan_sha256,
                                                 .record_sha256 = evidence::RecordDigest(registration),
                                                 .time = time}),
                          {signer_});
}

}  // namespace docket::audit
