#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "pipeline/codec/record_json.h"
#include "pipeline/codec/time_parse.h"
#include "pipeline/codec/utf8.h"
#include "pipeline/component/delivery_options.h"
#include "pipeline/component/registry.h"

namespace plugins::sinks::console {

using pipeline::AnyEncoder;
using pipeline::Encoded;
using pipeline::FieldPlan;
using pipeline::LogBatch;
using pipeline::Result;
using pipeline::Sink;
using pipeline::SinkContext;

enum class Format : std::uint8_t { text, json };
constexpr auto enum_names(Format) {
  return std::array{pipeline::EnumName{Format::text, "text"},
                    pipeline::EnumName{Format::json, "json"}};
}
enum class Stream : std::uint8_t { standard_output, standard_error };
constexpr auto enum_names(Stream) {
  return std::array{pipeline::EnumName{Stream::standard_output, "stdout"},
                    pipeline::EnumName{Stream::standard_error, "stderr"}};
}

namespace {

struct Config {
  Format format = Format::text;
  Stream output = Stream::standard_output;
};

// A record's text must not move a terminal's cursor or look like a second record.
void append_printable(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::size_t plain = 0;
  const auto flush = [&](std::size_t end) {
    pipeline::append_valid_utf8(out, text.substr(plain, end - plain));
    plain = end + 1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != 0x7F) continue;
    flush(i);
    if (byte == '\t') {
      out.push_back('\t');
    } else if (byte == '\n') {
      out += "\\n";
    } else {
      out += "\\x";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  flush(text.size());
}

class ConsoleEncoder final : public pipeline::EncoderOf<LogBatch> {
 public:
  ConsoleEncoder(Format format, FieldPlan fields) : format_(format), fields_(std::move(fields)) {}

  std::size_t append(const LogBatch& batch, const pipeline::Selection& live, std::size_t begin,
                     std::size_t end, std::size_t limit_bytes) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (!live.test(row)) continue;
      const pipeline::UnixNanos time = batch.time[row];
      request_.oldest = request_.records == 0 ? time : std::min(request_.oldest, time);
      request_.newest = request_.records == 0 ? time : std::max(request_.newest, time);
      ++request_.records;
      if (format_ == Format::json) {
        pipeline::append_record_json(request_.body, batch, row, &fields_);
      } else {
        pipeline::append_rfc3339(request_.body, time);
        request_.body.push_back(' ');
        append_printable(request_.body, batch.label_sets[batch.labels[row]]->selector());
        request_.body.push_back(' ');
        append_printable(request_.body, batch.body[row]);
      }
      request_.body.push_back('\n');
      if (request_.body.size() >= limit_bytes) return row + 1;
    }
    return end;
  }
  std::size_t bytes() const override { return request_.body.size(); }
  std::uint64_t records() const override { return request_.records; }
  std::vector<Encoded> finish() override {
    std::vector<Encoded> requests;
    if (request_.records > 0) requests.push_back(std::exchange(request_, {}));
    return requests;
  }

 private:
  const Format format_;
  const FieldPlan fields_;
  Encoded request_;
};

// Writes to a descriptor that others may have made non-blocking. Whole requests follow each other.
class DescriptorTransport final : public pipeline::Transport {
 public:
  explicit DescriptorTransport(int descriptor) : descriptor_(descriptor) {}

  pipeline::Task<Result<pipeline::Response>> send(const Encoded& request,
                                                  pipeline::Instant deadline) override {
    Result<> written = write(request.body, deadline);
    if (!written) co_return std::unexpected(std::move(written.error()));
    co_return pipeline::Response{204, {}, {}};
  }

 private:
  Result<> write(const std::string& body, pipeline::Instant deadline) {
    const std::lock_guard lock(mutex_);
    // What an earlier attempt has written of the same request is not written again.
    std::size_t at = body == half_written_ ? half_size_ : 0;
    half_written_.clear();
    while (at < body.size()) {
      const ssize_t size = ::write(descriptor_, body.data() + at, body.size() - at);
      if (size >= 0) {
        at += static_cast<std::size_t>(size);
        continue;
      }
      if (errno == EINTR) continue;
      const int number = errno;
      if (number == EAGAIN && wait(deadline)) continue;
      if (at > 0) {
        half_written_ = body;
        half_size_ = at;
      }
      if (number == EAGAIN)
        return pipeline::failure(pipeline::Errc::timed_out, "the terminal or pipe takes nothing");
      return std::unexpected(pipeline::Error::from_errno(number, "writing to the console"));
    }
    return {};
  }

  bool wait(pipeline::Instant deadline) const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{descriptor_, POLLOUT, 0};
    return left.count() > 0 && ::poll(&waiting, 1, static_cast<int>(left.count())) > 0;
  }

  const int descriptor_;
  std::mutex mutex_;
  std::string half_written_;
  std::size_t half_size_ = 0;
};

class ConsoleSink final : public Sink {
 public:
  explicit ConsoleSink(const Config& config)
      : config_(config),
        transport_(std::make_shared<DescriptorTransport>(
            config.output == Stream::standard_output ? STDOUT_FILENO : STDERR_FILENO)) {}

  AnyEncoder make_encoder(pipeline::Signal, const FieldPlan& fields) override {
    return std::unique_ptr<pipeline::EncoderOf<LogBatch>>(
        std::make_unique<ConsoleEncoder>(config_.format, fields));
  }
  void demand(FieldPlan& fields) override {
    if (config_.format == Format::json) fields.read_all();
  }
  std::variant<pipeline::HttpTarget, std::shared_ptr<pipeline::Transport>> destination() override {
    return transport_;
  }
  std::vector<std::pair<std::string, std::string>> headers(const Encoded&) const override {
    return {};
  }
  pipeline::Compression compression() const override { return pipeline::Compression::none; }
  pipeline::Classification classify(const pipeline::Response&) const override {
    return {pipeline::Verdict::delivered, {}, 0, {}};
  }
  // A console refuses nothing.
  std::optional<std::pair<Encoded, Encoded>> split(const Encoded&) const override {
    return std::nullopt;
  }
  std::string describe(const Encoded& request) const override {
    return request.body.substr(0, 100);
  }

 private:
  const Config config_;
  const std::shared_ptr<pipeline::Transport> transport_;
};

pipeline::Schema<Config> schema() {
  pipeline::Schema<Config> s("console", "Prints records, one a line.");
  s.field("format", &Config::format,
          "`text` is time, labels and line; `json` is an object with all fields of the record.");
  s.field("output", &Config::output, "Where to print.");
  return s;
}

pipeline::DeliveryOptions delivery(const Config&) {
  pipeline::DeliveryOptions options;
  // Somebody is looking.
  options.batch_age = std::chrono::milliseconds(100);
  options.shards = 1;
  return options;
}
void describe(const Config&, pipeline::Usage&) {}
Result<std::unique_ptr<Sink>> make(const Config& config, const SinkContext&) {
  return std::make_unique<ConsoleSink>(config);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_sink<Config>(
      schema(), {.signals = {pipeline::Signal::logs}, .ships_body = true, .transport_options = {}},
      delivery, describe, make);
}

}  // namespace plugins::sinks::console
