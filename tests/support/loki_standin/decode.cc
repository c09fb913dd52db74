#include "tests/support/loki_standin/decode.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace loki_standin {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

std::unexpected<DecodeError> refuse(int status, std::string message) {
  return std::unexpected(DecodeError{status, std::move(message)});
}

// "application/json; charset=utf-8" -> "application/json".
std::string media_type(std::string_view header) {
  std::string type(header.substr(0, header.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

std::expected<std::string, DecodeError> gunzip(std::string_view body, std::size_t bytes_max) {
  constexpr int kGzipOnly = 15 + 16;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return refuse(500, "gzip: out of memory");
  std::string out;
  std::string block(64UL << 10U, '\0');
  // zlib only reads what next_in points to; its type lacks the const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int state = Z_OK;
  while (state == Z_OK && out.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(block, 0, block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > bytes_max) return refuse(413, "decompressed message size exceeds the limit");
  if (state != Z_STREAM_END) return refuse(400, "gzip: invalid header or checksum");
  return out;
}

const Value* field(const Struct& object, const std::string& name) {
  const auto at = object.fields().find(name);
  return at == object.fields().end() ? nullptr : &at->second;
}

std::expected<void, DecodeError> add_json_entry(const Value& value, wire::Stream& stream) {
  const auto& parts = value.list_value().values();
  if (!value.has_list_value() || parts.size() < 2 || parts.size() > 3) {
    return refuse(400, "an entry is [\"<ns>\", \"<line>\"] or has an object behind it");
  }
  const std::string& time = parts[0].string_value();
  std::int64_t ns = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), ns);
  if (error != std::errc() || end != time.data() + time.size() || time.empty()) {
    return refuse(400, fmt::format("'{}' is no time in nanoseconds", time));
  }
  if (!parts[1].has_string_value()) return refuse(400, "a line has to be a string");
  wire::Entry& entry = *stream.add_entries();
  entry.mutable_timestamp()->set_seconds(ns / 1'000'000'000);
  entry.mutable_timestamp()->set_nanos(static_cast<std::int32_t>(ns % 1'000'000'000));
  entry.set_line(parts[1].string_value());
  if (parts.size() < 3) return {};
  if (!parts[2].has_struct_value()) return refuse(400, "structured metadata has to be an object");
  for (const auto& [name, text] : parts[2].struct_value().fields()) {
    if (!text.has_string_value()) return refuse(400, "structured metadata has to be strings");
    wire::LabelPair& pair = *entry.add_structured_metadata();
    pair.set_name(name);
    pair.set_value(text.string_value());
  }
  return {};
}

std::string labels_text(const Struct& labels) {
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& [name, value] : labels.fields()) sorted.emplace_back(name, value.string_value());
  std::sort(sorted.begin(), sorted.end());
  std::string text = "{";
  for (const auto& [name, value] : sorted) {
    if (text.size() > 1) text += ", ";
    text += name + "=\"";
    for (const char c : value) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') text.push_back('\\');
      text.push_back(c);
    }
    text.push_back('"');
  }
  return text + "}";
}

std::expected<void, DecodeError> decode_json(std::string_view body, wire::PushRequest& out) {
  Struct document;
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(body), &document);
  if (!status.ok())
    return refuse(400,
                  fmt::format("couldn't parse push request: {}", std::string(status.message())));
  const Value* streams = field(document, "streams");
  if (streams == nullptr || !streams->has_list_value()) {
    return refuse(400, "couldn't parse push request: no \"streams\"");
  }
  for (const Value& item : streams->list_value().values()) {
    const Value* labels = field(item.struct_value(), "stream");
    const Value* values = field(item.struct_value(), "values");
    if (labels == nullptr || !labels->has_struct_value() || values == nullptr) {
      return refuse(400, "couldn't parse push request: a stream has \"stream\" and \"values\"");
    }
    wire::Stream& stream = *out.add_streams();
    stream.set_labels(labels_text(labels->struct_value()));
    for (const Value& value : values->list_value().values()) {
      if (auto added = add_json_entry(value, stream); !added) return added;
    }
  }
  return {};
}

}  // namespace

std::expected<void, DecodeError> decode_push(std::string_view content_type,
                                             std::string_view content_encoding,
                                             std::string_view body, const Limits& limits,
                                             wire::PushRequest& out) {
  const std::string type = media_type(content_type);
  if (type == "application/json") {
    if (content_encoding.empty()) return decode_json(body, out);
    if (content_encoding != "gzip") {
      return refuse(400, fmt::format("Content-Encoding \"{}\" not supported", content_encoding));
    }
    const auto plain = gunzip(body, limits.decompressed_bytes_max);
    if (!plain) return std::unexpected(plain.error());
    return decode_json(*plain, out);
  }
  if (type != "application/x-protobuf") {
    return refuse(415, fmt::format("Content-Type \"{}\" not supported", content_type));
  }
  // The block format is part of the protocol; the header is not needed, and Loki knows only this.
  if (!content_encoding.empty() && content_encoding != "snappy") {
    return refuse(400, fmt::format("Content-Encoding \"{}\" not supported", content_encoding));
  }
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) {
    return refuse(400, "snappy: corrupt input");
  }
  if (size > limits.decompressed_bytes_max) {
    return refuse(413, "decompressed message size exceeds the limit");
  }
  std::string plain;
  if (!snappy::Uncompress(body.data(), body.size(), &plain)) {
    return refuse(400, "snappy: corrupt input");
  }
  if (!out.ParseFromString(plain)) return refuse(400, "proto: wrong wire type or length");
  for (const wire::Stream& stream : out.streams()) {
    for (const wire::Entry& entry : stream.entries()) {
      const std::int32_t nanos = entry.timestamp().nanos();
      if (nanos < 0 || nanos >= 1'000'000'000) {
        return refuse(400, fmt::format("proto: timestamp's nanos {} out of range", nanos));
      }
    }
  }
  return {};
}

}  // namespace loki_standin
