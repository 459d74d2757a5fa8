#include "common/rpc/localized_messages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace docket::rpc {
namespace {

using common::v1::Reason;

constexpr size_t kMaxValueBytes = 200;
constexpr size_t kMaxTextBytes = 600;

constexpr LocalizedText kTexts[] = {
    {Reason::REASON_INVALID_FIELDS, "请求中有字段不符合要求：{fields}。",
     "Some fields of the request are not acceptable: {fields}."},
    {Reason::REASON_MALFORMED_MESSAGE, "请求无法解析，编码有误。",
     "The request could not be read: its encoding is broken."},
    {Reason::REASON_INVALID_FILTER, "筛选条件有误，位置：{position}。", "The filter is wrong at position {position}."},
    {Reason::REASON_INVALID_PAGE_TOKEN, "翻页标记已失效或不属于本次查询，请从第一页重新开始。",
     "The page token is damaged or belongs to another query. Start again from the first page."},
    {Reason::REASON_REQUEST_ID_REUSED, "该请求编号已用于另一项内容，请换用新的编号。",
     "This request id was used for something else. Use a new one."},
    {Reason::REASON_INVALID_UPDATE_MASK, "更新列表中有不存在或不可修改的字段：{fields}。",
     "The update mask names fields that do not exist or cannot be changed: {fields}."},
    {Reason::REASON_MESSAGE_TOO_LARGE, "消息过大，上限为 {limit_bytes} 字节。",
     "The message is too large. The limit is {limit_bytes} bytes."},
    {Reason::REASON_DIGEST_MISMATCH, "收到的内容与声明的大小或摘要不符，请重新上传。",
     "The content is not of the size or digest that was announced. Send it again."},

    {Reason::REASON_CREDENTIALS_MISSING, "请先登录。", "Please sign in first."},
    {Reason::REASON_TOKEN_INVALID, "登录凭证无效，请重新登录。",
     "The credentials are not valid. Please sign in again."},
    {Reason::REASON_TOKEN_EXPIRED, "登录已过期，请重新登录。", "The sign-in has expired. Please sign in again."},
    {Reason::REASON_PEER_NOT_TRUSTED, "对方证书不受信任。", "The peer's certificate is not trusted."},

    {Reason::REASON_ROLE_REQUIRED, "您的角色无权执行此操作，需要以下角色之一：{required_roles}。",
     "Your roles do not allow this. One of these is needed: {required_roles}."},
    {Reason::REASON_OTHER_ORGANIZATION, "该资源属于其他单位。", "The resource belongs to another organization."},
    {Reason::REASON_OTHER_DEPARTMENT, "该资源属于其他部门。", "The resource belongs to another department."},
    {Reason::REASON_NOT_CREATOR, "只有创建人可以执行此操作。", "Only who created it may do this."},
    {Reason::REASON_SEPARATION_OF_DUTIES, "职责分离：您已承担{conflicting_duty}，不能再执行此操作。",
     "Separation of duties: you already act as {conflicting_duty} and cannot do this as well."},
    {Reason::REASON_NO_VOTING_SEAT, "您不是本次评估的表决成员。", "You hold no voting seat of this panel."},
    {Reason::REASON_CONFLICT_OF_INTEREST, "您已申报利益冲突，须回避。",
     "You declared a conflict of interest and must abstain."},
    {Reason::REASON_NOT_ASSIGNEE, "该工单已分派给他人。", "The work order is assigned to someone else."},
    {Reason::REASON_NOT_AN_APPROVER, "您不是当前环节的审批人。", "You are not an approver of the current stage."},

    {Reason::REASON_NOT_FOUND, "未找到：{resource}。", "Not found: {resource}."},
    {Reason::REASON_ALREADY_EXISTS, "已存在：{resource}。", "Already exists: {resource}."},
    {Reason::REASON_STALE_ETAG, "内容已被他人修改，请重新读取后再操作。",
     "It was changed in the meantime. Read it again and decide again."},
    {Reason::REASON_CONCURRENT_CHANGE, "与同时进行的操作冲突，请重试。",
     "Another change came first. Please try again."},

    {Reason::REASON_WRONG_STATE, "当前状态为{state}，不能执行此操作；允许的状态：{allowed_states}。",
     "Its state is {state}, which does not allow this. Allowed: {allowed_states}."},
    {Reason::REASON_INCOMPLETE, "前置内容尚不完整，缺少：{missing}。",
     "Something that must come first is missing: {missing}."},
    {Reason::REASON_CONTENT_CHANGED, "内容与批准时不一致，须重新审批。",
     "The content is not what was approved. It must be approved again."},
    {Reason::REASON_GATE_DENIED, "未通过执行检查：{denied_by}。", "The execution gate says no: {denied_by}."},
    {Reason::REASON_SLOT_CONFLICT, "所选时段与其他安排冲突：{conflicts}。",
     "The slot overlaps other reservations: {conflicts}."},
    {Reason::REASON_WINDOW_CLOSED, "当前处于封网期或不在维护窗口内。",
     "There is a freeze, or no maintenance window is open."},
    {Reason::REASON_VERSION_MISMATCH, "当前安装的版本与申请中的起始版本不一致。",
     "The installed version is not the one that the request starts from."},
    {Reason::REASON_BUDGET_EXCEEDED, "金额超出已批准的预算。", "The amount exceeds the approved budget."},
    {Reason::REASON_BROKEN_REFERENCE, "引用的对象不存在或已停用：{resource}。",
     "What it refers to does not exist or is retired: {resource}."},
    {Reason::REASON_ON_HOLD, "该变更已暂停。", "The change is on hold."},
    {Reason::REASON_DEPENDENCY_CYCLE, "该依赖会形成循环：{cycle}。", "The dependency would close a cycle: {cycle}."},
    {Reason::REASON_IN_USE, "仍被引用，不能执行此操作：{resource}。", "Something still refers to it: {resource}."},
    {Reason::REASON_LEGAL_HOLD, "处于法律保全状态：{hold}。", "A legal hold forbids it: {hold}."},
    {Reason::REASON_LIMIT_REACHED, "已达到数量上限：{limit}。", "There is no room for more. The limit is {limit}."},

    {Reason::REASON_OVERLOADED, "系统繁忙，请稍后再试。", "The service is busy. Please try again shortly."},
    {Reason::REASON_RATE_LIMITED, "操作过于频繁，请稍后再试。",
     "Too many calls. Please slow down and try again shortly."},
    {Reason::REASON_DATABASE_UNAVAILABLE, "数据库暂时无法访问，请稍后再试。",
     "The database cannot be reached at the moment. Please try again shortly."},
    {Reason::REASON_BACKEND_UNAVAILABLE, "相关服务暂时无法访问，请稍后再试。",
     "A service that is needed does not answer. Please try again shortly."},
    {Reason::REASON_LOG_FROZEN, "审计日志校验未通过，已冻结，暂停写入。",
     "The audit log does not verify and is frozen. Nothing is written until it is resolved."},
    {Reason::REASON_SHUTTING_DOWN, "服务正在重启，请稍后再试。",
     "The service is restarting. Please try again shortly."},
    {Reason::REASON_DEADLINE_EXCEEDED, "处理超时，请重试。", "It took too long. Please try again."},
    {Reason::REASON_CANCELLED, "操作已取消。", "The call was cancelled."},

    {Reason::REASON_UNKNOWN_METHOD, "没有这个方法。", "There is no such method."},
    {Reason::REASON_INTERNAL, "系统内部错误，请联系管理员并提供追踪编号 {trace_id}。",
     "Something went wrong inside. Please give your administrator the trace id {trace_id}."},
};

const LocalizedText& TextOf(absl::string_view reason_name) {
  const LocalizedText* internal = nullptr;
  for (const LocalizedText& text : kTexts) {
    // Names travel without their prefix.
    if (absl::string_view(common::v1::Reason_Name(text.reason)).substr(7) == reason_name) return text;
    if (text.reason == Reason::REASON_INTERNAL) internal = &text;
  }
  return *internal;
}

// Cuts at a character's border.
absl::string_view Cut(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

absl::Span<const LocalizedText> LocalizedTexts() { return kTexts; }

std::string Localize(const google::rpc::ErrorInfo& info, Language language) {
  const LocalizedText& text = TextOf(info.reason());
  absl::string_view rest = language == Language::kChinese ? text.zh_cn : text.en;
  std::string filled;
  while (!rest.empty()) {
    const size_t open = rest.find('{');
    const size_t close = open == absl::string_view::npos ? open : rest.find('}', open);
    if (close == absl::string_view::npos) {
      absl::StrAppend(&filled, rest);
      break;
    }
    absl::StrAppend(&filled, rest.substr(0, open));
    const auto value = info.metadata().find(std::string(rest.substr(open + 1, close - open - 1)));
    const bool known = value != info.metadata().end() && !value->second.empty();
    absl::StrAppend(&filled, known ? Cut(value->second, kMaxValueBytes) : absl::string_view("-"));
    rest.remove_prefix(close + 1);
  }
  return std::string(Cut(filled, kMaxTextBytes));
}

}  // namespace docket::rpc
