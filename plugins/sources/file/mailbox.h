#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "pipeline/base/notifier.h"
#include "pipeline/model/ack.h"

namespace plugins::sources::file {

// Verdicts on their way from the threads that settle to the strand of the source. Outlives the
// source as long as acks are out.
class Mailbox {
 public:
  struct Letter {
    std::uint64_t file = 0;  // TailedFile::number
    std::uint64_t sequence = 0;
    pipeline::Outcome outcome = pipeline::Outcome::failed;
    pipeline::TimeTie tie;
  };

  // Any thread. Wakes the source once per round of letters.
  void put(const Letter& letter) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = letters_.empty();
      letters_.push_back(letter);
    }
    if (was_empty) wake_.notify();
  }
  // Exchanges what came in for an empty vector whose capacity is reused.
  void take(std::vector<Letter>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    into.swap(letters_);
  }
  // Also told when files change or a rewind is due.
  pipeline::Notifier& wake() noexcept { return wake_; }

 private:
  std::mutex mutex_;
  std::vector<Letter> letters_;
  pipeline::Notifier wake_;
};

// Owner of the acks of one file.
class FileAcks final : public pipeline::AckOwner {
 public:
  FileAcks(std::shared_ptr<Mailbox> mailbox, std::uint64_t file)
      : mailbox_(std::move(mailbox)), file_(file) {}
  void settled(const pipeline::AckGroup& group, pipeline::Outcome worst) noexcept override {
    mailbox_->put({file_, group.sequence(), worst, group.tie});
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t file_;
};

}  // namespace plugins::sources::file
