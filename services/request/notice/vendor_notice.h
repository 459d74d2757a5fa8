// What a vendor lets its customer know: its states, who may move it, and when its reminders are due.
//
//   PUBLISHED → ACKNOWLEDGED → WITHDRAWN, SUPERSEDED
//        └───────────────────────↗
//
// People of a vendor act on that vendor's notices only; to them others do not exist (VisibleTo). Every method checks
// relation, etag, state and content in this order and changes nothing unless all of them hold.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/application_form.h"

namespace docket::request {

// The numbers of these two are those of the contract and of the tables.
enum class NoticeState { kUnspecified = 0, kPublished = 1, kAcknowledged = 2, kWithdrawn = 3, kSuperseded = 4 };
enum class NoticeKind {
  kUnspecified = 0,
  kUpgradePlan = 1,
  kReleaseNotes = 2,
  kKnownIssue = 3,
  kObligation = 4,
  kEndOfSupport = 5,
};

// "PUBLISHED"; "UPGRADE_PLAN".
absl::string_view NoticeStateName(NoticeState state);
absl::string_view NoticeKindName(NoticeKind kind);

// Days before the end of support at which to remind, in their order.
inline constexpr int kReminderDays[] = {90, 30, 0};

struct AffectedSystem {
  std::string system_id;
  std::vector<std::string> affected_versions;
  // Empty: none.
  std::string offered_version;

  friend bool operator==(const AffectedSystem&, const AffectedSystem&) = default;
};

// What its publisher writes.
struct NoticeText {
  NoticeKind kind = NoticeKind::kUnspecified;
  std::string title;
  std::vector<AffectedSystem> systems;
  std::string contents;
  std::string notes;
  std::string known_issues;
  std::string obligations;
  std::optional<absl::Time> planned_time;
  std::optional<absl::Time> support_end;
  std::vector<Document> documents;

  friend bool operator==(const NoticeText&, const NoticeText&) = default;
};

// The next reminder of the end of support.
struct SupportReminder {
  absl::Time due;
  // One of kReminderDays.
  int days_before = 0;

  friend bool operator==(const SupportReminder&, const SupportReminder&) = default;
};

// Who tries to move a notice, on which version of it, and when.
struct NoticeAttempt {
  // Full name.
  std::string caller;
  // Holds ROLE_VENDOR, and with it no other role: acts for a vendor only.
  bool acts_for_vendor = false;
  // The `{vendor}` that the directory says the caller belongs to; empty: none.
  std::string vendor_id;
  std::string etag;
  absl::Time now;
};

struct VendorNotice {
  std::string organization_id;
  // UUIDv7, 16 raw bytes.
  std::string id;
  std::string vendor_id;
  NoticeText text;
  NoticeState state = NoticeState::kPublished;
  std::string state_reason;
  // Of the notice whose place it took, and of the one that took its own; 16 raw bytes, empty: none.
  std::string supersedes;
  std::string superseded_by;
  std::string publisher;
  std::string acknowledger;
  std::optional<absl::Time> acknowledge_time;
  std::optional<SupportReminder> reminder;
  int64_t linked_request_count = 0;
  absl::Time create_time;
  absl::Time update_time;
  // Grows by one with every change but of the count and the reminder.
  int64_t revision = 1;

  // `organizations/acme/vendorNotices/0194…`.
  std::string Name() const;
  bool VisibleTo(const NoticeAttempt& by) const { return !by.acts_for_vendor || by.vendor_id == vendor_id; }

  // Whether it may be published. PERMISSION_DENIED / NOT_CREATOR where the caller acts for another vendor;
  // INVALID_ARGUMENT / INVALID_FIELDS under `vendor_notice.`. Sets the first reminder.
  absl::Status Publish(const NoticeAttempt& by);
  // The etag must not be empty.
  absl::Status Edit(const NoticeAttempt& by, NoticeText edited);
  absl::Status Acknowledge(const NoticeAttempt& by);
  absl::Status Withdraw(const NoticeAttempt& by, absl::string_view reason);
  // Whether requests may still be linked to it. What was superseded tells of the same matter; what was withdrawn, none.
  absl::Status CheckMayBeLinked() const;
  // `newer` takes its place. FAILED_PRECONDITION where it is another vendor's, or has ended.
  absl::Status Supersede(const VendorNotice& newer, absl::Time now);

  // The reminder that is due was given: the next one follows, if any.
  void Reminded();

 private:
  absl::Status CheckOwnVendor(const NoticeAttempt& by) const;
  absl::Status CheckState(std::initializer_list<NoticeState> allowed) const;
  void Enter(NoticeState next, absl::Time now);
};

// `organizations/acme/vendorNotices/0194…`.
std::string VendorNoticeName(absl::string_view organization_id, absl::string_view id_text);

// The first reminder for an end of support, as of `now`: the last of those that are due already, else the first to
// come.
std::optional<SupportReminder> FirstReminder(const std::optional<absl::Time>& support_end, absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_H_
