#include "services/request/feedback/feedback_service.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "services/request/directory_store.h"
#include "services/request/feedback/feedback_count_proto.h"
#include "services/request/feedback/feedback_events.h"
#include "services/request/feedback/feedback_fold.h"
#include "services/request/feedback/feedback_list_service.h"
#include "services/request/feedback/feedback_proto.h"

namespace docket::request {
namespace {

// The 16 bytes that a name's last part stands for. A name whose last part is no UUID names nothing.
absl::StatusOr<std::string> IdOf(const std::string& name) {
  std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return *std::move(id);
}

event::v1::FeedbackCreated CreatedPayload(const Feedback& feedback) {
  event::v1::FeedbackCreated payload;
  payload.set_system(SystemName(feedback.organization_id, feedback.system_id));
  payload.set_channel(std::string(FeedbackChannelName(feedback.channel)));
  return payload;
}

}  // namespace

FeedbackService::FeedbackService(const Parts& parts)
    : parts_(parts), item_rules_(Validator::Compile(v1::Feedback::descriptor())) {}

void FeedbackService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.FeedbackService");
  table.Unary("docket.request.v1.FeedbackService/CreateFeedback", this, &FeedbackService::CreateFeedback);
  table.Unary("docket.request.v1.FeedbackService/BatchCreateFeedback", this, &FeedbackService::BatchCreateFeedback);
  table.Unary("docket.request.v1.FeedbackService/GetFeedback", this, &FeedbackService::GetFeedback);
  table.Unary("docket.request.v1.FeedbackService/ListFeedback", this, &FeedbackService::ListFeedback);
  table.Unary("docket.request.v1.FeedbackService/FoldFeedback", this, &FeedbackService::FoldFeedback);
  table.Unary("docket.request.v1.FeedbackService/UnfoldFeedback", this, &FeedbackService::UnfoldFeedback);
  table.Unary("docket.request.v1.FeedbackService/DismissFeedback", this, &FeedbackService::DismissFeedback);
  table.Unary("docket.request.v1.FeedbackService/GetFeedbackCount", this, &FeedbackService::GetFeedbackCount);
  table.Unary("docket.request.v1.FeedbackService/CountFeedback", this, &FeedbackService::CountFeedback);
}

absl::Status FeedbackService::Enter(mysql::Transaction& tx, events::EventRecorder& recorder,
                                    const std::vector<Feedback>& items, std::vector<absl::Status>& verdicts) {
  std::set<std::string> ids;
  for (size_t i = 0; i < items.size(); ++i) {
    if (verdicts[i].ok()) ids.insert(items[i].system_id);
  }
  if (ids.empty()) return absl::OkStatus();
  const std::string& organization_id = items.front().organization_id;
  DOCKET_ASSIGN_OR_RETURN(const auto systems,
                          parts_.catalog.Load(tx, organization_id, {ids.begin(), ids.end()}, /*lock=*/false));
  std::vector<Feedback> sound;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!verdicts[i].ok()) continue;
    const auto system = systems.find(items[i].system_id);
    if (system == systems.end() || system->second.state != SystemState::kActive) {
      verdicts[i] = BrokenReference(SystemName(organization_id, items[i].system_id));
      continue;
    }
    verdicts[i] = CheckReceived(items[i], items[i].create_time);
    if (!verdicts[i].ok()) continue;
    sound.push_back(items[i]);
    Report(recorder, CreatedPayload(items[i]), {.after = items[i], .reason = "", .change = ""});
  }
  if (sound.empty()) return absl::OkStatus();
  TallyChanges tallied;
  DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, sound, tallied));
  return parts_.tallies.Apply(tx, tallied);
}

absl::StatusOr<v1::Feedback> FeedbackService::CreateFeedback(const rpc::CallContext& context,
                                                             const v1::CreateFeedbackRequest& call) {
  Feedback feedback = FeedbackFromProto(OrganizationId(call.parent()), call.feedback(), Now());
  feedback.id = parts_.uuids.Next();
  feedback.creator = context.principal().name();
  return parts_.mutations.Run<v1::Feedback>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Feedback> {
        std::vector<absl::Status> verdict(1);
        DOCKET_RETURN_IF_ERROR(Enter(tx, recorder, {feedback}, verdict));
        DOCKET_RETURN_IF_ERROR(verdict.front());
        return ToProto(feedback);
      });
}

absl::StatusOr<v1::BatchCreateFeedbackResponse> FeedbackService::BatchCreateFeedback(
    const rpc::CallContext& context, const v1::BatchCreateFeedbackRequest& call) {
  DOCKET_RETURN_IF_ERROR(item_rules_.status());

  const absl::Time now = Now();
  std::vector<Feedback> items;
  std::vector<absl::Status> checked;
  for (const v1::FeedbackItem& item : call.feedback()) {
    const v1::Feedback one = FeedbackFromItem(item);
    Feedback feedback = FeedbackFromProto(OrganizationId(call.parent()), one, now);
    feedback.id = parts_.uuids.Next();
    feedback.creator = context.principal().name();
    items.push_back(std::move(feedback));
    checked.push_back(item_rules_->ValidateWithin(one, call.parent()));
  }
  return parts_.mutations.Run<v1::BatchCreateFeedbackResponse>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::BatchCreateFeedbackResponse> {
        std::vector<absl::Status> verdicts = checked;
        DOCKET_RETURN_IF_ERROR(Enter(tx, recorder, items, verdicts));
        v1::BatchCreateFeedbackResponse reply;
        for (size_t i = 0; i < items.size(); ++i) {
          *reply.add_results() = ResultOf(verdicts[i].ok() ? items[i].Name() : "", verdicts[i]);
        }
        return reply;
      });
}

absl::StatusOr<v1::Feedback> FeedbackService::GetFeedback(const rpc::CallContext& context,
                                                          const v1::GetFeedbackRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(call.name()));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Feedback> found,
                          parts_.store.Find(context.deadline(), OrganizationId(call.name()), id));
  if (!found.has_value()) return NotFoundError(call.name());
  return ToProto(*found);
}

absl::StatusOr<v1::ListFeedbackResponse> FeedbackService::ListFeedback(const rpc::CallContext& context,
                                                                       const v1::ListFeedbackRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadFeedbackPage(call, parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(Listed<Feedback> found,
                          parts_.store.List(context.deadline(), OrganizationId(call.parent()), page));
  v1::ListFeedbackResponse reply;
  reply.set_next_page_token(page.Trim(found, parts_.page_tokens, FeedbackKeyOf, FeedbackTextBytes));
  for (const Feedback& feedback : found.rows) *reply.add_feedback() = ToProto(feedback);
  return reply;
}

absl::StatusOr<int64_t> FeedbackService::Fold(mysql::Transaction& tx, events::EventRecorder& recorder,
                                              const Request& request, const std::vector<std::string>& ids,
                                              std::vector<absl::Status>& verdicts, TallyChanges& tallied) {
  std::vector<std::string> known;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (verdicts[i].ok()) known.push_back(ids[i]);
  }
  DOCKET_ASSIGN_OR_RETURN(auto items, parts_.store.LoadForUpdate(tx, request.organization_id, known));
  const absl::Time now = Now();
  int64_t folded = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!verdicts[i].ok()) continue;
    const auto item = items.find(ids[i]);
    if (item == items.end()) {
      verdicts[i] = NotFoundError(FeedbackName(request.organization_id, FormatUuid(ids[i])));
      continue;
    }
    // One that is named twice is part of the request the second time.
    Feedback& feedback = item->second;
    const Feedback before = feedback;
    verdicts[i] = feedback.Fold(request.id, now);
    if (!verdicts[i].ok()) continue;
    DOCKET_RETURN_IF_ERROR(WriteFold(parts_.store, tx, recorder, request, before, feedback, tallied));
    ++folded;
  }
  return folded;
}

absl::StatusOr<v1::FoldFeedbackResponse> FeedbackService::FoldFeedback(const rpc::CallContext& context,
                                                                       const v1::FoldFeedbackRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::string request_id, IdOf(call.request()));
  const std::string organization_id = OrganizationId(call.request());
  std::vector<std::string> ids;
  std::vector<absl::Status> named;
  for (const std::string& name : call.feedback()) {
    const absl::StatusOr<std::string> id = IdOf(name);
    ids.push_back(id.value_or(""));
    named.push_back(id.status());
  }
  return parts_.mutations.Run<v1::FoldFeedbackResponse>(
      context, {.resource = call.request(), .change = call.request()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::FoldFeedbackResponse> {
        // Held, so that it is not merged away meanwhile.
        DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request,
                                parts_.requests.LoadForUpdate(tx, organization_id, request_id));
        if (!request.has_value() || !request->VisibleTo(context.principal().name())) {
          return NotFoundError(call.request());
        }
        DOCKET_RETURN_IF_ERROR(CheckFoldTarget(*request));
        std::vector<absl::Status> verdicts = named;
        TallyChanges tallied;
        DOCKET_ASSIGN_OR_RETURN(const int64_t folded, Fold(tx, recorder, *request, ids, verdicts, tallied));
        DOCKET_ASSIGN_OR_RETURN(const int64_t count, parts_.store.CountForUpdate(tx, organization_id, request_id));
        if (folded > 0) {
          DOCKET_RETURN_IF_ERROR(CheckFeedbackRoom(count, folded));
          DOCKET_RETURN_IF_ERROR(parts_.store.AddToCount(tx, organization_id, request_id, folded));
          DOCKET_RETURN_IF_ERROR(parts_.tallies.Apply(tx, tallied));
        }
        v1::FoldFeedbackResponse reply;
        for (int i = 0; i < call.feedback_size(); ++i) {
          *reply.add_results() = ResultOf(call.feedback(i), verdicts[static_cast<size_t>(i)]);
        }
        reply.set_feedback_count(count + folded);
        return reply;
      });
}

absl::StatusOr<v1::Feedback> FeedbackService::Change(const rpc::CallContext& context, const std::string& name,
                                                     Act act) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(name));
  return parts_.mutations.Run<v1::Feedback>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Feedback> {
        DOCKET_ASSIGN_OR_RETURN(auto found, parts_.store.LoadForUpdate(tx, OrganizationId(name), {id}));
        if (found.empty()) return NotFoundError(name);
        Feedback& feedback = found.begin()->second;
        const Feedback before = feedback;
        DOCKET_RETURN_IF_ERROR(act(tx, recorder, feedback));
        TallyChanges tallied;
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, before, feedback, tallied));
        DOCKET_RETURN_IF_ERROR(parts_.tallies.Apply(tx, tallied));
        return ToProto(feedback);
      });
}

absl::StatusOr<v1::Feedback> FeedbackService::UnfoldFeedback(const rpc::CallContext& context,
                                                             const v1::UnfoldFeedbackRequest& call) {
  return Change(context, call.name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, Feedback& feedback) -> absl::Status {
                  const Feedback before = feedback;
                  DOCKET_RETURN_IF_ERROR(feedback.Unfold(call.etag(), Now()));
                  DOCKET_RETURN_IF_ERROR(parts_.store.AddToCount(tx, feedback.organization_id, before.request_id, -1));
                  event::v1::FeedbackUnfolded payload;
                  payload.set_request(RequestName(feedback.organization_id, FormatUuid(before.request_id)));
                  Report(recorder, payload,
                         {.before = &before, .after = feedback, .reason = call.reason(), .change = payload.request()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Feedback> FeedbackService::DismissFeedback(const rpc::CallContext& context,
                                                              const v1::DismissFeedbackRequest& call) {
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Feedback& feedback) -> absl::Status {
                  const Feedback before = feedback;
                  DOCKET_RETURN_IF_ERROR(feedback.Dismiss(call.etag(), call.reason(), Now()));
                  event::v1::FeedbackDismissed payload;
                  payload.set_system(SystemName(feedback.organization_id, feedback.system_id));
                  Report(recorder, payload,
                         {.before = &before, .after = feedback, .reason = call.reason(), .change = ""});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::FeedbackCount> FeedbackService::GetFeedbackCount(const rpc::CallContext& context,
                                                                    const v1::GetFeedbackCountRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::string request_id, IdOf(call.request()));
  const std::string organization_id = OrganizationId(call.request());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request,
                          parts_.requests.Find(context.deadline(), organization_id, request_id));
  if (!request.has_value() || !request->VisibleTo(context.principal().name())) return NotFoundError(call.request());
  v1::FeedbackCount reply;
  reply.set_request(call.request());
  DOCKET_ASSIGN_OR_RETURN(const int64_t count, parts_.store.Count(context.deadline(), organization_id, request_id));
  reply.set_feedback_count(count);
  return reply;
}

absl::StatusOr<v1::CountFeedbackResponse> FeedbackService::CountFeedback(const rpc::CallContext& context,
                                                                         const v1::CountFeedbackRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const TallyQuestion question, ReadFeedbackCount(call));
  DOCKET_ASSIGN_OR_RETURN(const TallyCounts counts, parts_.tallies.Count(context.deadline(), question));
  return ToFeedbackCounts(counts);
}

}  // namespace docket::request
