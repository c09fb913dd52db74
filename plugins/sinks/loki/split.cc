#include "plugins/sinks/loki/split.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pipeline/codec/protobuf.h"
#include "plugins/sinks/loki/complaint.h"
#include "plugins/sinks/loki/push_wire.h"

namespace plugins::sinks::loki {

using pipeline::Encoded;
namespace pb = pipeline::protobuf;

namespace {

struct EntryView {
  std::string_view raw;  // with tag and length
  std::string_view line;
  pipeline::UnixNanos time = 0;
};

EntryView read_entry(std::string_view raw, std::string_view content) {
  EntryView entry{raw, {}, 0};
  for (pb::WireReader fields(content); fields.next();) {
    if (fields.field() == wire::kEntryTime) {
      std::int64_t seconds = 0;
      std::int64_t nanos = 0;
      for (pb::WireReader time(fields.bytes()); time.next();) {
        if (time.field() == wire::kTimeSeconds) seconds = time.int64();
        if (time.field() == wire::kTimeNanos) nanos = time.int64();
      }
      entry.time = seconds * wire::kNanosPerSecond + nanos;
    } else if (fields.field() == wire::kEntryLine) {
      entry.line = fields.bytes();
    }
  }
  return entry;
}

// Builds a request from entries that come stream by stream.
class Builder {
 public:
  explicit Builder(const Encoded& like) {
    request_.tenant = like.tenant;
    request_.signal = like.signal;
  }

  void stream(std::string_view labels) {
    close();
    labels_ = labels;
  }
  void add(const EntryView& entry) {
    entries_ += entry.raw;
    request_.oldest = request_.records == 0 ? entry.time : std::min(request_.oldest, entry.time);
    request_.newest = request_.records == 0 ? entry.time : std::max(request_.newest, entry.time);
    ++request_.records;
  }
  Encoded take() {
    close();
    return std::move(request_);
  }

 private:
  void close() {
    if (!entries_.empty()) {
      pb::WireWriter writer(request_.body);
      writer.message(wire::kRequestStream,
                     pb::bytes_field_size(wire::kStreamLabels, labels_.size()) + entries_.size());
      writer.bytes(wire::kStreamLabels, labels_);
      request_.body += entries_;
    }
    entries_.clear();
  }

  Encoded request_;
  std::string_view labels_;
  std::string entries_;
};

// Calls on_stream(labels) and on_entry(EntryView) in order.
template <class OnStream, class OnEntry>
void walk(const Encoded& request, OnStream&& on_stream, OnEntry&& on_entry) {
  for (pb::WireReader streams(request.body); streams.next();) {
    if (streams.field() != wire::kRequestStream) continue;
    const std::string_view stream = streams.bytes();
    // We write labels before entries.
    for (pb::WireReader fields(stream); fields.next();) {
      if (fields.field() == wire::kStreamLabels) {
        on_stream(fields.bytes());
      } else if (fields.field() == wire::kStreamEntry) {
        on_entry(read_entry(fields.raw(), fields.bytes()));
      }
    }
  }
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u != 0x7F) {
      out.push_back(c);
    } else {
      out += "\\x";
      out.push_back(kHex[u >> 4]);
      out.push_back(kHex[u & 15]);
    }
  }
}

}  // namespace

std::optional<std::pair<Encoded, Encoded>> split(const Encoded& request) {
  std::uint64_t records = 0;
  walk(request, [](std::string_view) {}, [&](const EntryView&) { ++records; });
  if (records < 2) return std::nullopt;
  Builder first(request);
  Builder second(request);
  std::uint64_t left = records / 2;
  walk(
      request,
      [&](std::string_view labels) {
        first.stream(labels);
        second.stream(labels);
      },
      [&](const EntryView& entry) {
        if (left > 0) {
          --left;
          first.add(entry);
        } else {
          second.add(entry);
        }
      });
  return std::pair(first.take(), second.take());
}

std::optional<std::pair<Encoded, Encoded>> isolate(const Encoded& request,
                                                   const pipeline::Response& response) {
  const std::optional<Complaint> complaint = read_complaint(response.body);
  if (!complaint) return std::nullopt;
  Builder culprits(request);
  Builder rest(request);
  bool is_named = false;
  walk(
      request,
      [&](std::string_view labels) {
        is_named = complaint->names(labels);
        culprits.stream(labels);
        rest.stream(labels);
      },
      [&](const EntryView& entry) {
        if (is_named && complaint->is_about(entry.time, entry.line.size())) {
          culprits.add(entry);
        } else {
          rest.add(entry);
        }
      });
  std::pair<Encoded, Encoded> parts(culprits.take(), rest.take());
  if (parts.first.records == 0 || parts.second.records == 0) return std::nullopt;
  return parts;
}

std::string describe(const Encoded& request) {
  constexpr std::size_t kShown = 100;  // bytes of the line
  std::string text;
  std::string_view stream;
  bool is_done = false;
  walk(
      request,
      [&](std::string_view labels) {
        if (!is_done) stream = labels;
      },
      [&](const EntryView& entry) {
        if (is_done) return;
        is_done = true;
        append_escaped(text, stream);
        text.push_back(' ');
        std::size_t size = std::min(entry.line.size(), kShown);
        while (size > 0 && size < entry.line.size() &&
               (static_cast<unsigned char>(entry.line[size]) & 0xC0) == 0x80) {
          --size;
        }
        append_escaped(text, entry.line.substr(0, size));
        if (size < entry.line.size()) text += "...";
      });
  return text;
}

}  // namespace plugins::sinks::loki
