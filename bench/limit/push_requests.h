#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// Loki push requests of 1 MiB, grouped by stream, over one connection: the unavoidable rest of the
// work.
class PushRequests {
 public:
  // `port` 0 sends nothing. `is_compressed` false sends a snappy literal.
  PushRequests(int port, bool is_compressed);
  ~PushRequests();

  void add(std::string_view service, std::string_view level, std::int64_t time_ns,
           std::string_view line) {
    Stream& stream = find(service, level);
    put(stream, time_ns, line);
    if (bytes_ >= kRequestBytes) flush();
  }
  void flush();

  std::uint64_t sent_bytes() const { return sent_bytes_; }
  std::uint64_t requests() const { return requests_; }

 private:
  static constexpr std::size_t kRequestBytes = 1024 * 1024;
  static constexpr std::size_t kSlots = 1024;  // more than the input has streams

  struct Stream {
    std::string key;     // service, NUL, level
    std::string labels;  // {level="..", service=".."}
    std::string entries;
  };

  Stream& find(std::string_view service, std::string_view level);
  void put(Stream& stream, std::int64_t time_ns, std::string_view line);
  void send();

  std::vector<std::uint32_t> slots_;
  std::vector<Stream> streams_;
  std::size_t bytes_ = 0;
  std::string body_;
  std::string payload_;
  int socket_ = -1;
  bool is_compressed_;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace bench
