#include "services/request/notice/vendor_notice.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

// What the contract's rules cannot say.
absl::Status CheckText(const NoticeText& text) {
  FieldViolations violations;
  std::set<std::string> seen;
  for (size_t i = 0; i < text.systems.size(); ++i) {
    violations.Require(seen.insert(text.systems[i].system_id).second,
                       absl::StrCat("vendor_notice.systems[", i, "].system"), "names a system that is listed already");
  }
  violations.Require(text.kind != NoticeKind::kEndOfSupport || text.support_end.has_value(),
                     "vendor_notice.support_end_time", "must be given with KIND_END_OF_SUPPORT");
  return violations.ToStatus();
}

absl::Time DueAt(absl::Time support_end, int days_before) { return support_end - absl::Hours(24) * days_before; }

}  // namespace

absl::string_view NoticeStateName(NoticeState state) {
  switch (state) {
    case NoticeState::kPublished:
      return "PUBLISHED";
    case NoticeState::kAcknowledged:
      return "ACKNOWLEDGED";
    case NoticeState::kWithdrawn:
      return "WITHDRAWN";
    case NoticeState::kSuperseded:
      return "SUPERSEDED";
    case NoticeState::kUnspecified:
      return "";
  }
  return "";
}

absl::string_view NoticeKindName(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kUpgradePlan:
      return "UPGRADE_PLAN";
    case NoticeKind::kReleaseNotes:
      return "RELEASE_NOTES";
    case NoticeKind::kKnownIssue:
      return "KNOWN_ISSUE";
    case NoticeKind::kObligation:
      return "OBLIGATION";
    case NoticeKind::kEndOfSupport:
      return "END_OF_SUPPORT";
    case NoticeKind::kUnspecified:
      return "";
  }
  return "";
}

std::string VendorNoticeName(absl::string_view organization_id, absl::string_view id_text) {
  return ChildName(OrganizationName(organization_id), "vendorNotices", id_text);
}

std::optional<SupportReminder> FirstReminder(const std::optional<absl::Time>& support_end, absl::Time now) {
  if (!support_end.has_value()) return std::nullopt;
  SupportReminder first{.due = DueAt(*support_end, kReminderDays[0]), .days_before = kReminderDays[0]};
  for (const int days : kReminderDays) {
    const absl::Time due = DueAt(*support_end, days);
    if (due <= now) first = {.due = due, .days_before = days};
  }
  return first;
}

std::string VendorNotice::Name() const { return VendorNoticeName(organization_id, FormatUuid(id)); }

absl::Status VendorNotice::Publish(const NoticeAttempt& by) {
  DOCKET_RETURN_IF_ERROR(CheckOwnVendor(by));
  DOCKET_RETURN_IF_ERROR(CheckText(text));
  publisher = by.caller;
  create_time = update_time = by.now;
  reminder = FirstReminder(text.support_end, by.now);
  return absl::OkStatus();
}

absl::Status VendorNotice::Edit(const NoticeAttempt& by, NoticeText edited) {
  DOCKET_RETURN_IF_ERROR(CheckOwnVendor(by));
  FieldViolations violations;
  violations.Require(!by.etag.empty(), "vendor_notice.etag", "must be the etag of the version that was edited");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckState({NoticeState::kPublished}));
  DOCKET_RETURN_IF_ERROR(CheckText(edited));
  // Another date is another series of reminders.
  if (edited.support_end != text.support_end) reminder = FirstReminder(edited.support_end, by.now);
  text = std::move(edited);
  Enter(state, by.now);
  return absl::OkStatus();
}

absl::Status VendorNotice::Acknowledge(const NoticeAttempt& by) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckState({NoticeState::kPublished}));
  acknowledger = by.caller;
  acknowledge_time = by.now;
  Enter(NoticeState::kAcknowledged, by.now);
  return absl::OkStatus();
}

absl::Status VendorNotice::Withdraw(const NoticeAttempt& by, absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(CheckOwnVendor(by));
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckState({NoticeState::kPublished, NoticeState::kAcknowledged}));
  state_reason = std::string(reason);
  reminder.reset();
  Enter(NoticeState::kWithdrawn, by.now);
  return absl::OkStatus();
}

absl::Status VendorNotice::CheckMayBeLinked() const {
  return CheckState({NoticeState::kPublished, NoticeState::kAcknowledged, NoticeState::kSuperseded});
}

absl::Status VendorNotice::Supersede(const VendorNotice& newer, absl::Time now) {
  if (newer.vendor_id != vendor_id) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 "a notice takes the place of its own vendor's only", {{"resource", Name()}});
  }
  DOCKET_RETURN_IF_ERROR(CheckState({NoticeState::kPublished, NoticeState::kAcknowledged}));
  superseded_by = newer.id;
  reminder.reset();
  Enter(NoticeState::kSuperseded, now);
  return absl::OkStatus();
}

void VendorNotice::Reminded() {
  const int given = reminder.has_value() ? reminder->days_before : 0;
  reminder.reset();
  if (!text.support_end.has_value()) return;
  for (const int days : kReminderDays) {
    if (days >= given) continue;
    reminder = SupportReminder{.due = DueAt(*text.support_end, days), .days_before = days};
    return;
  }
}

absl::Status VendorNotice::CheckOwnVendor(const NoticeAttempt& by) const {
  if (VisibleTo(by)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR,
               "people of a vendor act on that vendor's notices only; the directory names another vendor, or none",
               {{"resource", VendorName(organization_id, vendor_id)}});
}

absl::Status VendorNotice::CheckState(std::initializer_list<NoticeState> allowed) const {
  if (std::find(allowed.begin(), allowed.end(), state) != allowed.end()) return absl::OkStatus();
  const std::string names = absl::StrJoin(
      allowed, ", ", [](std::string* out, NoticeState one) { absl::StrAppend(out, NoticeStateName(one)); });
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the notice is ", NoticeStateName(state), "; this needs it to be ", names),
               {{"resource", Name()}, {"state", std::string(NoticeStateName(state))}, {"allowed_states", names}});
}

void VendorNotice::Enter(NoticeState next, absl::Time now) {
  state = next;
  update_time = now;
  ++revision;
}

}  // namespace docket::request
