// Vendors' notices between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_PROTO_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_PROTO_H_

#include <string>
#include <vector>

#include "common/events/event_recorder.h"
#include "docket/request/v1/vendor_notice.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/request/notice/vendor_notice.h"

namespace docket::request {

// Without the linked requests.
v1::VendorNotice ToProto(const VendorNotice& notice);

// What its publisher writes; everything else is left aside.
NoticeText TextFromProto(const v1::VendorNotice& notice);

// The text after an update: what `mask` names is taken over from `update`, set or not; with an empty mask, what is set.
NoticeText UpdatedText(const VendorNotice& current, const v1::VendorNotice& update,
                       const google::protobuf::FieldMask& mask);

// What was changed between two versions, as text; messages and lists as JSON.
std::vector<events::Change> ChangesBetween(const v1::VendorNotice& before, const v1::VendorNotice& after);

// The column that keeps affected versions. Bytes that do not parse read as none.
std::string VersionsToBytes(const std::vector<std::string>& versions);
std::vector<std::string> VersionsFromBytes(const std::string& bytes);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_PROTO_H_
