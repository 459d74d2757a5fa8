#include "services/audit/tiles/gzip.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/gzip_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"

namespace docket::audit {
namespace {

std::string Gunzip(const std::string& compressed, size_t size) {
  google::protobuf::io::ArrayInputStream in(compressed.data(), static_cast<int>(compressed.size()));
  google::protobuf::io::GzipInputStream gzip(&in, google::protobuf::io::GzipInputStream::GZIP);
  google::protobuf::io::CodedInputStream coded(&gzip);
  std::string bytes;
  EXPECT_TRUE(coded.ReadString(&bytes, static_cast<int>(size)));
  EXPECT_FALSE(coded.Skip(1)) << "there is more";
  return bytes;
}

TEST(GzipTest, WhatIsCompressedIsReadBack) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1000}, size_t{5} << 20}) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * i % 251));
    const std::string compressed = Gzip(bytes);
    EXPECT_EQ(compressed.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(Gunzip(compressed, size), bytes) << size;
    EXPECT_EQ(Gzip(bytes), compressed);
  }
  EXPECT_LT(Gzip(std::string(1'000'000, 'x')).size(), 10'000u);
}

TEST(GzipTest, IsUsedWhereItIsAccepted) {
  for (const char* header : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.5", " gzip ; q=1.0, br", "br;q=1,gzip;q=0.1"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "identity", "*", "br", "gzip;q=0", "gzip;q=0.000", "x-gzip", "gzipped", "gzip;q=x",
                             "gzip;level=9", ",;,;;", "gzip;", "deflate;gzip"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

}  // namespace
}  // namespace docket::audit
