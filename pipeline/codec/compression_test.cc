#include <gtest/gtest.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <functional>
#include <memory>
#include <vector>

#include "pipeline/codec/gzip.h"
#include "pipeline/codec/snappy.h"
#include "pipeline/codec/test_bytes.h"
#include "pipeline/codec/zstd.h"

namespace pipeline {
namespace {

using Decode = std::function<Result<>(std::string_view, std::size_t, std::string&)>;

struct Codec {
  const char* name;
  std::function<void(std::string_view, std::string&)> compress;
  Decode decompress;
};

std::vector<Codec> codecs() {
  auto zstd_in = std::make_shared<ZstdCompressor>();
  auto zstd_out = std::make_shared<ZstdDecompressor>();
  auto gzip_in = std::make_shared<GzipCompressor>();
  auto gzip_out = std::make_shared<GzipDecompressor>();
  return {
      {"snappy", [](std::string_view in, std::string& out) { snappy::compress(in, out); },
       [](std::string_view in, std::size_t max, std::string& out) {
         return snappy::decompress(in, max, out);
       }},
      {"zstd",
       [zstd_in](std::string_view in, std::string& out) {
         ASSERT_TRUE(zstd_in->compress(in, out));
       },
       [zstd_out](std::string_view in, std::size_t max, std::string& out) {
         return zstd_out->decompress(in, max, out);
       }},
      {"gzip",
       [gzip_in](std::string_view in, std::string& out) {
         ASSERT_TRUE(gzip_in->compress(in, out));
       },
       [gzip_out](std::string_view in, std::size_t max, std::string& out) {
         return gzip_out->decompress(in, max, out);
       }},
  };
}

TEST(Compression, RoundTripsWithReusedObjectsAndBuffers) {
  std::mt19937_64 random(1);
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    std::string packed;
    std::string back;
    for (const std::size_t size : {0, 1, 59, 60, 61, 255, 4096, 65'536, 65'537, 1'000'000, 3}) {
      for (const std::string& text :
           {testing::random_bytes(random, size), testing::log_like(random, size)}) {
        codec.compress(text, packed);
        ASSERT_TRUE(codec.decompress(packed, size, back)) << size;
        ASSERT_EQ(back, text);
      }
    }
  }
}

TEST(Compression, RefusesOneByteMoreThanTheLimit) {
  std::mt19937_64 random(2);
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    const std::string text = testing::log_like(random, 100'000);
    std::string packed;
    std::string back;
    codec.compress(text, packed);
    EXPECT_TRUE(codec.decompress(packed, text.size(), back));
    const auto refused = codec.decompress(packed, text.size() - 1, back);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_data);
    EXPECT_NE(refused.error().message().find("limit"), std::string::npos);
  }
}

TEST(Compression, ABombAllocatesNoMoreThanTheLimit) {
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    std::string packed;
    codec.compress(std::string(std::size_t{64} << 20, '\0'), packed);
    std::string back;
    EXPECT_FALSE(codec.decompress(packed, 100'000, back));
    EXPECT_LE(back.capacity(), 300'000U);
  }
}

TEST(Compression, DamagedInputNeverCrashes) {
  std::mt19937_64 random(3);
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    std::string packed;
    std::string back;
    for (const std::size_t size : {10, 1000, 100'000}) {
      codec.compress(testing::log_like(random, size), packed);
      testing::damage(random, packed, [&](std::string_view input) {
        if (codec.decompress(input, 1 << 20, back)) {
          EXPECT_LE(back.size(), std::size_t{1} << 20);
        }
      });
    }
    for (int i = 0; i < 500; ++i) {
      [[maybe_unused]] const auto any =
          codec.decompress(testing::random_bytes(random, random() % 100), 1 << 16, back);
    }
    ASSERT_FALSE(codec.decompress("", 100, back));
    // The object is still good after all that.
    codec.compress("still here", packed);
    ASSERT_TRUE(codec.decompress(packed, 100, back));
    EXPECT_EQ(back, "still here");
  }
}

TEST(Compression, ReusedBuffersKeepTheirMemory) {
  std::mt19937_64 random(4);
  const std::string text = testing::log_like(random, 50'000);
  for (const Codec& codec : codecs()) {
    SCOPED_TRACE(codec.name);
    std::string packed;
    std::string back;
    codec.compress(text, packed);
    ASSERT_TRUE(codec.decompress(packed, text.size(), back));
    const void* const first[] = {packed.data(), back.data()};
    codec.compress(text, packed);
    ASSERT_TRUE(codec.decompress(packed, text.size(), back));
    EXPECT_EQ(packed.data(), first[0]);
    EXPECT_EQ(back.data(), first[1]);
  }
}

TEST(Snappy, IsWhatTheLibraryReads) {
  std::mt19937_64 random(5);
  const std::string text = testing::log_like(random, 300'000);
  std::string packed;
  std::string back;
  snappy::compress(text, packed);
  EXPECT_LE(packed.size(), snappy::max_compressed_size(text.size()));
  ASSERT_TRUE(::snappy::Uncompress(packed.data(), packed.size(), &back));
  EXPECT_EQ(back, text);
  const auto size = snappy::decompressed_size(packed, text.size());
  ASSERT_TRUE(size);
  std::string into(*size, '\0');
  ASSERT_TRUE(snappy::decompress_into(packed, {into.data(), into.size()}));
  EXPECT_EQ(into, text);
}

TEST(Snappy, ALiteralPrefixMakesALegalBlock) {
  std::mt19937_64 random(6);
  for (const std::size_t size :
       {0, 1, 59, 60, 61, 256, 257, 65'535, 65'536, 65'537, 1 << 24, (1 << 24) + 1, 20'000'000}) {
    const std::string body = testing::log_like(random, size);
    const auto prefix = snappy::literal_prefix(body);
    EXPECT_LE(prefix.view().size(), 10U);
    const std::string block = std::string(prefix.view()) + body;
    std::string back;
    ASSERT_TRUE(::snappy::Uncompress(block.data(), block.size(), &back)) << size;
    ASSERT_EQ(back, body);
  }
}

TEST(Snappy, ChecksTheDeclaredLengthFirst) {
  const std::string huge = "\xFF\xFF\xFF\xFF\x0F";  // 4 GiB - 1, nothing behind it
  std::string out;
  ASSERT_FALSE(snappy::decompress(huge, 1 << 20, out));
  EXPECT_LT(out.capacity(), 100U);
}

TEST(Zstd, ConcatenatedFramesAreOneContent) {
  ZstdCompressor compressor;
  ZstdDecompressor decompressor;
  std::string packed;
  ASSERT_TRUE(compressor.append("one ", packed));
  ASSERT_TRUE(compressor.append("", packed));
  ASSERT_TRUE(compressor.append("two", packed));
  std::string back;
  ASSERT_TRUE(decompressor.decompress(packed, 100, back));
  EXPECT_EQ(back, "one two");
  ASSERT_FALSE(decompressor.decompress(packed + "garbage", 100, back));
}

TEST(Zstd, FramesWithoutADeclaredSizeAreLimitedToo) {
  const std::string text(1'000'000, 'x');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  ZstdDecompressor decompressor;
  std::string back;
  ASSERT_TRUE(decompressor.decompress(packed, text.size(), back));
  EXPECT_EQ(back, text);
  ASSERT_FALSE(decompressor.decompress(packed, text.size() - 1, back));
}

TEST(Zstd, AHugeWindowIsRefused) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(1000, '\0');
  ZSTD_inBuffer in{"text", 4, 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ASSERT_NE(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush)), 1U);
  ASSERT_EQ(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0U);
  packed.resize(out.pos);
  ZSTD_freeCCtx(context);
  ZstdDecompressor decompressor;
  std::string back;
  ASSERT_FALSE(decompressor.decompress(packed, 1000, back));
}

std::string zlib_deflate(const std::string& text, int format) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Gzip, ReadsMembersPaddingAndWhatZlibWrites) {
  std::mt19937_64 random(7);
  const std::string text = testing::log_like(random, 500'000);
  GzipDecompressor decompressor;
  std::string back;
  const std::string one = zlib_deflate(text, 31);
  ASSERT_TRUE(decompressor.decompress(one, text.size(), back));
  EXPECT_EQ(back, text);
  ASSERT_TRUE(decompressor.decompress(one + zlib_deflate("tail", 31), text.size() + 4, back));
  EXPECT_EQ(back, text + "tail");
  ASSERT_FALSE(decompressor.decompress(one + zlib_deflate("tail", 31), text.size() + 3, back));
  ASSERT_TRUE(decompressor.decompress(one + std::string(10, '\0'), text.size(), back));
  ASSERT_FALSE(decompressor.decompress(one + "garbage", text.size(), back));
  ASSERT_FALSE(decompressor.decompress(one.substr(0, one.size() - 1), text.size(), back));
  std::string wrong_checksum = one;
  wrong_checksum[one.size() - 8] ^= 1;
  ASSERT_FALSE(decompressor.decompress(wrong_checksum, text.size(), back));
}

TEST(Gzip, DeflateMayBeZlibOrRaw) {
  GzipDecompressor decompressor;
  std::string back;
  for (const int format : {15, -15}) {
    const std::string packed = zlib_deflate("some text, some text", format);
    ASSERT_TRUE(decompressor.decompress_deflate(packed, 100, back)) << format;
    EXPECT_EQ(back, "some text, some text");
    EXPECT_FALSE(decompressor.decompress_deflate(packed, 19, back));
    EXPECT_FALSE(decompressor.decompress_deflate(packed + "x", 100, back));
  }
}

TEST(Gzip, IsWhatZlibReads) {
  std::mt19937_64 random(8);
  const std::string text = testing::log_like(random, 100'000);
  GzipCompressor compressor;
  std::string packed;
  ASSERT_TRUE(compressor.compress(text, packed));
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 31), Z_OK);
  std::string back(text.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(back.data());
  stream.avail_out = static_cast<uInt>(back.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  EXPECT_EQ(back, text);
}

}  // namespace
}  // namespace pipeline
