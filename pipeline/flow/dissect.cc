// Taking a refused request apart: halves for "too large", the poison records for "invalid".
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "pipeline/flow/delivery_state.h"
#include "pipeline/flow/payload.h"

namespace pipeline {
namespace {

// The body of a refused request again. Bounded, although we made it ourselves.
constexpr std::uint64_t kBodyMax = std::uint64_t{1} << 30;

// Into so many pieces a request and each refused piece of it is cut: with a handful of poison
// records among thousands most pieces pass at once, which keeps the bytes under three times the
// request (two halves would both fail, and so would their halves).
constexpr std::size_t kPieces = 16;
constexpr std::uint64_t kRecordsForManyPieces = 64;

// How often a refused piece is cut before anything has passed: from thousands of records to one.
constexpr std::size_t kProbingCuts = 2;

struct Piece {
  Encoded what;
  bool is_untried = true;
};

std::vector<Encoded> cut(const Sink& sink, Encoded whole, std::size_t pieces) {
  std::vector<Encoded> parts;
  parts.push_back(std::move(whole));
  while (parts.size() < pieces) {
    std::vector<Encoded> next;
    next.reserve(parts.size() * 2);
    bool changed = false;
    for (Encoded& part : parts) {
      auto halves = sink.split(part);
      if (!halves) {
        next.push_back(std::move(part));
        continue;
      }
      changed = true;
      next.push_back(std::move(halves->first));
      next.push_back(std::move(halves->second));
    }
    parts = std::move(next);
    if (!changed) break;
  }
  return parts;
}

}  // namespace

// Sends the next queued request once, to learn whether the receiver takes anything at all. True
// when it did.
Task<bool> Delivery::Shared::probe_next(DeliveryWorker& worker) {
  std::unique_ptr<Request> next;
  {
    const std::lock_guard lock(mutex);
    if (worker.queue.empty()) co_return false;
    next = std::move(worker.queue.front());
    worker.queue.pop_front();
  }
  prepare(*next);
  Task<Answer> attempting = attempt(worker, next->encoded, next->payload);
  const Answer answer = co_await std::move(attempting);
  if (answer.classification.verdict != Verdict::delivered) {
    const std::lock_guard lock(mutex);
    worker.queue.push_front(std::move(next));
    co_return false;
  }
  finish(*next, next->encoded.records, 0);
  next->settle(Outcome::delivered);
  hold(-static_cast<std::int64_t>(next->held_bytes()));
  open_requests.fetch_sub(1, std::memory_order_acq_rel);
  co_return true;
}

Task<Delivery::Shared::Fate> Delivery::Shared::dissect(DeliveryWorker& worker, Request& request,
                                                       Answer first) {
  const std::shared_ptr<Sink> through = sink;
  Result<std::string> body = decompress(through->compression(), request.payload, kBodyMax);
  if (!body) {
    lose(request, request.ticket.records(), LossReason::corrupt, body.error().message());
    request.settle(Outcome::lost);
    co_return Fate::settled;
  }
  Encoded whole = request.encoded;
  whole.body = std::move(*body);
  const std::uint64_t total = whole.records;
  const bool is_invalid = first.classification.verdict == Verdict::bisect;
  std::uint64_t successes_before = 0;
  bool window_is_full = false;
  {
    const std::lock_guard lock(mutex);
    successes_before = successes;
    window_is_full = window.would_be_systemic(1);
  }

  std::deque<Piece> todo;
  if (is_invalid) {
    if (auto named = through->isolate(whole, first.response)) {
      // There may be more of them than the answer names, so the rest is not sent whole once more.
      todo.push_back({std::move(named->first), true});
      const std::size_t pieces = named->second.records >= kRecordsForManyPieces ? kPieces : 1;
      for (Encoded& piece : cut(*through, std::move(named->second), pieces))
        todo.push_back({std::move(piece), true});
    }
  }
  if (todo.empty()) {
    const std::size_t pieces = is_invalid && total >= kRecordsForManyPieces ? kPieces : 2;
    for (Encoded& piece : cut(*through, std::move(whole), pieces))
      todo.push_back({std::move(piece), true});
  }

  const std::uint64_t extra_max = options.bisect_requests * ((total + 999) / 1000);
  std::uint64_t extra = 0;
  bool has_success = false;
  std::size_t cuts = 0;
  // Refused pieces wait here until something has passed: before that, nothing is rejected.
  std::deque<Piece> suspects;
  Outcome worst = Outcome::delivered;
  Backoff backoff(options.retry_initial, options.retry_max, total + successes_before);

  while (!todo.empty() || !suspects.empty()) {
    if (stopping.load(std::memory_order_acquire)) co_return Fate::stopped;
    if (todo.empty() || !todo.front().is_untried) {
      // The round is over. If nothing passed, here or elsewhere at this sink since, then it is not
      // a poison record but the tenant, the clock or a proxy: give up nothing. Before that is said,
      // the smallest piece is cut towards single records: many poison records can spoil a whole
      // round.
      if (is_invalid && !has_success) {
        const std::lock_guard lock(mutex);
        has_success = successes != successes_before;
      }
      if (is_invalid && !has_success && cuts < kProbingCuts) {
        ++cuts;
        auto smallest = suspects.end();
        for (auto each = suspects.begin(); each != suspects.end(); ++each) {
          if (each->what.records < 2) continue;
          if (smallest == suspects.end() || each->what.records < smallest->what.records)
            smallest = each;
        }
        if (smallest != suspects.end()) {
          for (Encoded& part : cut(*through, std::move(smallest->what), kPieces))
            todo.push_back({std::move(part), true});
          suspects.erase(smallest);
          continue;
        }
      }
      if (is_invalid && !has_success) {
        Task<bool> probing = probe_next(worker);
        has_success = co_await std::move(probing);
      }
      if (is_invalid) {
        const std::lock_guard lock(mutex);
        window_is_full = window.would_be_systemic(1);
      }
      if (is_invalid && (!has_success || window_is_full)) {
        if (request.ticket.records() == total) co_return Fate::systemic;
        // Some of it has passed before the receiver turned: try the rest again, later.
        note_down(first.classification.message, true);
        Task<bool> pausing = pause(worker, backoff.next());
        const bool go_on = co_await std::move(pausing);
        if (!go_on) co_return Fate::stopped;
        for (Piece& piece : suspects) todo.push_back(std::move(piece));
        suspects.clear();
        for (Piece& piece : todo) piece.is_untried = true;
        has_success = false;
        cuts = 0;
        extra = 0;
        continue;
      }
      while (!suspects.empty()) {
        todo.push_front(std::move(suspects.back()));
        // Refused while everything was, so that says nothing: it deserves another look.
        todo.front().is_untried = true;
        suspects.pop_back();
        extra = 0;
      }
    }

    Piece piece = std::move(todo.front());
    todo.pop_front();
    if (!piece.is_untried) {
      // A piece that was refused before: its pieces are tried, or it is the poison record itself.
      const LossReason reason = is_invalid ? LossReason::rejected : LossReason::too_long;
      std::vector<Encoded> pieces = cut(*through, piece.what, is_invalid ? kPieces : 2);
      if (pieces.size() == 1) {
        lose(request, piece.what.records, reason,
             fmt::format("{}; record: {}", first.classification.message,
                         through->describe(piece.what)));
        worst = std::max(worst, Outcome::lost);
        continue;
      }
      if (extra >= extra_max) {
        lose(request, piece.what.records, reason,
             fmt::format("{}; gave up the search after {} requests", first.classification.message,
                         extra));
        worst = std::max(worst, Outcome::lost);
        continue;
      }
      for (auto part = pieces.rbegin(); part != pieces.rend(); ++part)
        todo.push_front({std::move(*part), true});
      continue;
    }

    // One attempt for this piece, repeated while the receiver is merely unavailable.
    const std::string payload = compress(through->compression(), piece.what.body);
    for (bool again = true; again;) {
      again = false;
      ++extra;
      resent.add_shared(piece.what.records);
      Task<Answer> attempting = attempt(worker, piece.what, payload);
      Answer answer = co_await std::move(attempting);
      const Classification& said = answer.classification;
      if (stopping.load(std::memory_order_acquire) && said.verdict != Verdict::delivered) {
        co_return Fate::stopped;
      }
      switch (said.verdict) {
        case Verdict::delivered:
          finish(request, piece.what.records, 0);
          has_success = true;
          backoff.reset();
          note_up();
          break;
        case Verdict::blocked:
        case Verdict::reject:
          lose(request, piece.what.records,
               said.verdict == Verdict::blocked ? LossReason::blocked : LossReason::rejected,
               said.message);
          worst = std::max(worst, Outcome::lost);
          break;
        case Verdict::split:
        case Verdict::bisect:
          first.classification.message = said.message;
          piece.is_untried = false;
          if (has_success || !is_invalid) {
            todo.push_front(std::move(piece));
          } else {
            suspects.push_back(std::move(piece));
          }
          break;
        case Verdict::alarm:
        case Verdict::retry: {
          --extra;
          note_down(said.message, said.verdict == Verdict::alarm);
          Task<bool> pausing = pause(worker, backoff.next(said.retry_after));
          again = co_await std::move(pausing);
          if (!again) co_return Fate::stopped;
          break;
        }
      }
    }
  }
  request.settle(worst);
  co_return Fate::settled;
}

}  // namespace pipeline
