#include "pipeline/flow/ledger.h"

#include <utility>

namespace pipeline {

Account& Account::operator+=(const Account& other) noexcept {
  in += other.in;
  created += other.created;
  recovered += other.recovered;
  forwarded += other.forwarded;
  delivered += other.delivered;
  merged += other.merged;
  dropped += other.dropped;
  returned += other.returned;
  for (std::size_t i = 0; i < lost.size(); ++i) lost[i] += other.lost[i];
  pending += other.pending;
  pending_bytes += other.pending_bytes;
  return *this;
}

Ledger::Id Ledger::open(const std::string& component, Signal signal) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = *entries_[i];
    if (entry.component == component && entry.signal == signal) {
      entry.open = true;
      return static_cast<Id>(i);
    }
  }
  entries_.push_back(std::make_unique<Entry>(Entry{component, signal, {}, true}));
  return static_cast<Id>(entries_.size() - 1);
}

void Ledger::close(Id id) {
  const std::lock_guard lock(mutex_);
  entries_[id]->open = false;
}

std::vector<Ledger::Line> Ledger::snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<Line> lines;
  lines.reserve(entries_.size());
  for (const auto& entry : entries_)
    lines.push_back({entry->component, entry->signal, entry->account, entry->open});
  return lines;
}

Ticket::~Ticket() {
  if (ledger_ == nullptr || records_ == 0) return;
  Ledger::Posting posting(*ledger_);
  release_all(posting[id_]);
}

Ticket::Ticket(Ticket&& other) noexcept
    : ledger_(other.ledger_),
      id_(other.id_),
      records_(std::exchange(other.records_, 0)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Ticket& Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  if (ledger_ != nullptr && records_ != 0) {
    Ledger::Posting posting(*ledger_);
    release_all(posting[id_]);
  }
  ledger_ = other.ledger_;
  id_ = other.id_;
  records_ = std::exchange(other.records_, 0);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void Ticket::add(Account& account, std::uint64_t records, std::uint64_t bytes) noexcept {
  records_ += records;
  bytes_ += bytes;
  account.pending += records;
  account.pending_bytes += bytes;
}

void Ticket::release(Account& account, std::uint64_t records) noexcept {
  records_ -= records;
  account.pending -= records;
  if (records_ == 0) set_bytes(account, 0);
}

void Ticket::release_all(Account& account) noexcept { release(account, records_); }

void Ticket::set_bytes(Account& account, std::uint64_t bytes) noexcept {
  account.pending_bytes += bytes;
  account.pending_bytes -= std::exchange(bytes_, bytes);
}

}  // namespace pipeline
