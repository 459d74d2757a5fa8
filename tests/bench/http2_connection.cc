#include "tests/bench/http2_connection.h"

#include <poll.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket::bench {
namespace {

// So large that no reply waits for the window.
constexpr int32_t kWindowBytes = 16 << 20;
constexpr size_t kOutputBytes = 256 << 10;
constexpr size_t kPrefixBytes = 5;
// A frame begins with its length in three bytes and its type.
constexpr size_t kTypeByte = 3;
constexpr size_t kFrameHeaderBytes = 9;

// gRPC sends what is not printable ASCII, and '%', as %XX.
std::string DecodePercent(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// As HPACK has lengths, without Huffman's code (RFC 7541, section 5.1).
void AppendLength(size_t length, std::string& block) {
  constexpr size_t kLongest = 0x7f;
  block += static_cast<char>(std::min(length, kLongest));
  if (length < kLongest) return;
  for (length -= kLongest; length >= 0x80; length >>= 7) block += static_cast<char>(0x80 | (length & 0x7f));
  block += static_cast<char>(length);
}

// A header that no table keeps (RFC 7541, section 6.2.2).
void AppendLiteral(absl::string_view name, absl::string_view value, std::string& block) {
  block += '\0';
  AppendLength(name.size(), block);
  absl::StrAppend(&block, name);
  AppendLength(value.size(), block);
  absl::StrAppend(&block, value);
}

absl::Status At(const std::string& target, const absl::Status& failure) {
  return absl::Status(failure.code(), absl::StrCat(target, ": ", failure.message()));
}

absl::Status StatusOf(const UnaryCall& call, uint32_t error) {
  if (call.grpc_status > 0)
    return absl::Status(static_cast<absl::StatusCode>(call.grpc_status), DecodePercent(call.grpc_message));
  if (call.grpc_status < 0 && error != NGHTTP2_NO_ERROR)
    return absl::UnavailableError(absl::StrCat("the stream was reset: ", nghttp2_http2_strerror(error)));
  if (call.http_status != "200") return absl::UnavailableError(absl::StrCat("HTTP status ", call.http_status));
  if (call.grpc_status < 0) return absl::InternalError("the reply has no grpc-status");
  if (call.received < kPrefixBytes) return absl::InternalError("the reply has no message");
  return absl::OkStatus();
}

uint8_t* Bytes(absl::string_view text) {
  // nghttp2's headers are not const, but it does not write to them.
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

absl::string_view View(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

}  // namespace

std::string FrameMessage(absl::string_view message) {
  std::string framed(kPrefixBytes, '\0');
  for (size_t i = 1; i < kPrefixBytes; ++i)
    framed[i] = static_cast<char>(message.size() >> 8 * (kPrefixBytes - 1 - i) & 0xff);
  absl::StrAppend(&framed, message);
  return framed;
}

absl::StatusOr<std::unique_ptr<Http2Connection>> Http2Connection::Open(const std::string& target, const std::string& ca,
                                                                       const CallHeaders& headers,
                                                                       absl::Time deadline) {
  auto socket = ClientSocket::Connect(target, ca, deadline);
  if (!socket.ok()) return At(target, socket.status());
  std::vector<Header> fields = {{":method", "POST"},
                                {":scheme", ca.empty() ? "http" : "https"},
                                {":path", headers.path},
                                {":authority", target},
                                {"content-type", "application/grpc"},
                                {"te", "trailers"},
                                {"grpc-timeout", absl::StrCat(absl::ToInt64Seconds(headers.timeout), "S")}};
  std::string metadata;
  if (!headers.token.empty()) AppendLiteral("authorization", absl::StrCat("Bearer ", headers.token), metadata);
  if (!headers.principal.empty())
    AppendLiteral("docket-principal-bin", absl::Base64Escape(headers.principal), metadata);
  return std::unique_ptr<Http2Connection>(
      new Http2Connection(target, *std::move(socket), std::move(fields), std::move(metadata)));
}

Http2Connection::Http2Connection(std::string target, std::unique_ptr<ClientSocket> socket, std::vector<Header> headers,
                                 std::string metadata)
    : target_(std::move(target)),
      socket_(std::move(socket)),
      headers_(std::move(headers)),
      metadata_(std::move(metadata)) {
  for (const auto& [name, value] : headers_) {
    header_views_.push_back({.name = Bytes(name),
                             .value = Bytes(value),
                             .namelen = name.size(),
                             .valuelen = value.size(),
                             .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE});
  }
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnStreamClose);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindowBytes);
}

void Http2Connection::Start(UnaryCall& call) {
  call = {.lane = call.lane, .request = std::move(call.request)};
  const nghttp2_data_provider body{.source = {.ptr = &call}, .read_callback = ReadRequest};
  nghttp2_submit_request(session_.get(), nullptr, header_views_.data(), header_views_.size(), &body, &call);
  ++under_way_;
}

absl::Status Http2Connection::Flush() { return Blame(SendAll()); }

absl::Status Http2Connection::Receive() { return Blame(ReceiveAll()); }

short Http2Connection::events() const { return static_cast<short>(POLLIN | (socket_->congested() ? POLLOUT : 0)); }

absl::Status Http2Connection::SendAll() {
  if (socket_->congested()) DOCKET_RETURN_IF_ERROR(socket_->Write(""));
  while (!socket_->congested()) {
    output_.clear();
    while (output_.size() < kOutputBytes) {
      const uint8_t* frame = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &frame);
      if (size < 0) return absl::InternalError(absl::StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(size))));
      if (size == 0) break;
      AppendFrame(View(frame, static_cast<size_t>(size)));
    }
    if (output_.empty()) break;
    DOCKET_RETURN_IF_ERROR(socket_->Write(output_));
  }
  if (under_way_ > 0 && nghttp2_session_want_read(session_.get()) == 0)
    return absl::InternalError("the server breaks the rules of HTTP/2");
  return absl::OkStatus();
}

void Http2Connection::AppendFrame(absl::string_view frame) {
  const size_t begin = output_.size();
  absl::StrAppend(&output_, frame);
  if (frame[kTypeByte] != NGHTTP2_HEADERS) return;
  absl::StrAppend(&output_, metadata_);
  const size_t length = frame.size() - kFrameHeaderBytes + metadata_.size();
  for (size_t i = 0; i < kTypeByte; ++i)
    output_[begin + i] = static_cast<char>(length >> 8 * (kTypeByte - 1 - i) & 0xff);
}

absl::Status Http2Connection::ReceiveAll() {
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const absl::string_view bytes, socket_->Read());
    if (bytes.empty()) return goaway_;
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), Bytes(bytes), bytes.size());
    if (taken < 0) return absl::InternalError(absl::StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(taken))));
  }
}

absl::Status Http2Connection::Blame(absl::Status failure) const {
  if (failure.ok()) return failure;
  return At(target_, goaway_.ok() ? failure : goaway_);
}

void Http2Connection::End(UnaryCall& call, uint32_t error) {
  const bool unanswered = call.grpc_status < 0 && error != NGHTTP2_NO_ERROR;
  call.status = unanswered && !goaway_.ok() ? At(target_, goaway_) : StatusOf(call, error);
  call.reply_bytes = call.received - std::min(call.received, kPrefixBytes);
  call.refused = draining_ && error == NGHTTP2_REFUSED_STREAM;
  --under_way_;
  ended_.push_back(&call);
}

void Http2Connection::TakeGoaway(const nghttp2_goaway& goaway) {
  if (goaway.error_code == NGHTTP2_NO_ERROR) {
    draining_ = true;
    return;
  }
  goaway_ = absl::UnavailableError(
      absl::StrCat("the server sends the client away: ", nghttp2_http2_strerror(goaway.error_code), " ",
                   View(goaway.opaque_data, goaway.opaque_data_len)));
}

int Http2Connection::OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                              size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
  auto* const call = static_cast<UnaryCall*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (call == nullptr) return 0;
  const absl::string_view field = View(name, name_size);
  const absl::string_view content = View(value, value_size);
  if (field == ":status") {
    call->http_status = std::string(content);
  } else if (field == "grpc-status") {
    if (!absl::SimpleAtoi(content, &call->grpc_status))
      call->grpc_status = static_cast<int>(absl::StatusCode::kUnknown);
  } else if (field == "grpc-message") {
    call->grpc_message = std::string(content);
  }
  return 0;
}

int Http2Connection::OnData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t*, size_t size, void*) {
  auto* const call = static_cast<UnaryCall*>(nghttp2_session_get_stream_user_data(session, stream));
  if (call != nullptr) call->received += size;
  return 0;
}

int Http2Connection::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type == NGHTTP2_GOAWAY) static_cast<Http2Connection*>(self)->TakeGoaway(frame->goaway);
  return 0;
}

int Http2Connection::OnStreamClose(nghttp2_session* session, int32_t stream, uint32_t error, void* self) {
  auto* const call = static_cast<UnaryCall*>(nghttp2_session_get_stream_user_data(session, stream));
  if (call != nullptr) static_cast<Http2Connection*>(self)->End(*call, error);
  return 0;
}

ssize_t Http2Connection::ReadRequest(nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                                     nghttp2_data_source* source, void*) {
  auto& call = *static_cast<UnaryCall*>(source->ptr);
  const size_t taken = call.request.copy(reinterpret_cast<char*>(buffer), size, call.sent);
  call.sent += taken;
  if (call.sent == call.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(taken);
}

}  // namespace docket::bench
