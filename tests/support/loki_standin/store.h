#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "push.pb.h"
#include "tests/support/loki_standin/limits.h"
#include "tests/support/loki_standin/record_ledger.h"

namespace loki_standin {

// The answer to one push.
struct PushAnswer {
  int status = 204;
  std::string message;  // Loki's style, naming the stream and the last error
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;
};

// What one tenant has pushed.
struct Tenant {
  struct Stream {
    std::uint32_t number = 0;
    std::int64_t newest_ns = 0;
    std::uint64_t entries = 0;  // stored, without the equal ones that Loki drops
    std::uint64_t equal = 0;    // dropped, since equal to one that was stored
  };
  std::map<std::string, Stream, std::less<>> streams;
  RecordLedger ledger;
  std::uint64_t entries = 0;     // accepted, the equal ones included
  std::uint64_t line_bytes = 0;  // of those
  std::uint64_t equal = 0;       // entries without an id that Loki would have dropped as equal
  std::uint64_t invalid_utf8_lines = 0;
  std::uint64_t nul_lines = 0;
  std::map<std::string, std::uint64_t> refused;  // by Loki's reason
  // Digests of the entries without an id, in two generations, so that memory is bounded.
  std::unordered_set<std::uint64_t> recent;
  std::unordered_set<std::uint64_t> previous;
};

// Judges pushes as Loki does and remembers what it took. Thread-safe.
class Store {
 public:
  // How many digests of entries without an id are remembered before the older half is forgotten.
  static constexpr std::size_t kRecentMax = 2'000'000;

  Store(Limits limits, Policy policy) : limits_(limits), policy_(std::move(policy)) {}
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Writes one line per accepted entry to `path`: ns, tenant, labels, metadata and line between
  // tabs, with \\ \n \t \r and other control bytes as \xHH. False: it can't be opened.
  bool keep_accepted_in(const std::string& path);

  // `now_ns` is the wall clock. Stores what is valid unless the policy says all or nothing.
  PushAnswer push(const std::string& tenant, const wire::PushRequest& request, std::int64_t now_ns);

  void reset();
  Limits limits() const { return limits_; }
  Policy policy() const;
  void set_policy(const Policy& policy);

  // Runs `read(const std::map<std::string, Tenant>&)` while nothing is being stored.
  template <class Read>
  auto with_tenants(Read read) {
    const std::lock_guard lock(mutex_);
    if (accepted_ != nullptr) (void)std::fflush(accepted_);
    return read(tenants_);
  }

 private:
  struct Judgement;
  void judge_stream(const wire::Stream& stream, Tenant& tenant, const std::string& tenant_name,
                    std::int64_t now_ns, Judgement& out) const;
  void store_entry(const wire::Stream& stream, const wire::Entry& entry, std::int64_t time_ns,
                   Tenant& tenant, const std::string& tenant_name);

  const Limits limits_;
  mutable std::mutex mutex_;
  Policy policy_;
  std::map<std::string, Tenant> tenants_;
  std::FILE* accepted_ = nullptr;
};

}  // namespace loki_standin
