// The sending side of a delivery: one request until it is settled.
#include <fmt/format.h>

#include "pipeline/flow/delivery_state.h"
#include "pipeline/flow/payload.h"

namespace pipeline {

void Delivery::Shared::prepare(Request& request) {
  if (request.is_compressed) return;
  const auto before = static_cast<std::int64_t>(request.held_bytes());
  const Compression how = sink->compression();
  if (how == Compression::none) {
    request.payload = std::move(request.encoded.body);
  } else {
    request.payload = compress(how, request.encoded.body);
  }
  // Only the compressed bytes are kept: an answer that asks for less is rare, and decompression
  // brings the body back.
  request.encoded.body = std::string();
  request.is_compressed = true;
  request.memory.resize(request.held_bytes());
  hold(static_cast<std::int64_t>(request.held_bytes()) - before);
}

Task<Delivery::Shared::Answer> Delivery::Shared::attempt(DeliveryWorker& worker, const Encoded& what,
                                                         const std::string& payload) {
  Answer answer;
  std::shared_ptr<Sink> through;
  Nanoseconds timeout{};
  {
    const std::lock_guard lock(mutex);
    through = sink;
    timeout = options.timeout;
    if (worker.link_generation != generation) {
      worker.link.reset();
      worker.link_generation = generation;
    }
  }
  if (!worker.link) {
    Result<std::unique_ptr<Link>> link = parts.links(*through, worker.executor);
    if (!link) {
      answer.classification = {Verdict::retry, {}, 0, link.error().message()};
      co_return answer;
    }
    worker.link = std::move(*link);
  }

  const Instant began = parts.clock.now();
  const Instant deadline = began + std::chrono::duration_cast<Instant::duration>(timeout);
  in_flight.fetch_add(1, std::memory_order_relaxed);
  Task<Result<Response>> sending = worker.link->send(what, payload, deadline);
  Result<Response> response = co_await std::move(sending);
  in_flight.fetch_sub(1, std::memory_order_relaxed);
  sent_bytes.add_shared(payload.size());
  request_seconds.observe(std::chrono::duration<double>(parts.clock.now() - began).count());

  if (!response) {
    const bool late = response.error().code() == Errc::timed_out;
    requests(late ? "timeout" : "error").add_shared(1);
    answer.classification = {Verdict::retry, response.error().retry_after(), 0, response.error().message()};
    co_return answer;
  }
  requests(fmt::format("{}", response->status)).add_shared(1);
  answer.is_answer = true;
  answer.classification = through->classify(*response);
  answer.response = std::move(*response);
  co_return answer;
}

// Sleeps out a backoff. False when the delivery is stopping.
Task<bool> Delivery::Shared::pause(DeliveryWorker& worker, Nanoseconds delay) {
  const std::uint64_t seen = worker.kick.epoch();
  if (!stopping.load(std::memory_order_acquire)) {
    const Instant until = parts.clock.now() + std::chrono::duration_cast<Instant::duration>(delay);
    co_await worker.kick.wait_until(seen, until, parts.clock);
  }
  co_return !stopping.load(std::memory_order_acquire);
}

void Delivery::Shared::finish(Request& request, std::uint64_t delivered, std::uint64_t refused) {
  {
    Ledger::Posting posting(parts.ledger);
    Account& account = posting[request.ticket.id()];
    account.delivered += delivered - refused;
    account.lose(LossReason::rejected, refused);
    request.ticket.release(account, delivered);
  }
  const std::lock_guard lock(mutex);
  window.delivered(delivered - refused);
  if (refused > 0) window.rejected(refused);
}

void Delivery::Shared::lose(Request& request, std::uint64_t records, LossReason reason,
                            const std::string& why) {
  {
    Ledger::Posting posting(parts.ledger);
    Account& account = posting[request.ticket.id()];
    account.lose(reason, records);
    request.ticket.release(account, records);
  }
  {
    const std::lock_guard lock(mutex);
    window.rejected(records);
    state.rejected += records;
    state.last_error = why;
  }
  parts.log.warn(parts.id, fmt::format("lost {} record{} ({}): {}", records, records == 1 ? "" : "s",
                                       name_of(reason), why));
}

Task<> Delivery::Shared::deliver(DeliveryWorker& worker, Request& request) {
  prepare(request);
  Backoff backoff(options.retry_initial, options.retry_max,
                  static_cast<std::uint64_t>(parts.clock.now().time_since_epoch().count()));
  bool is_first = true;
  while (!stopping.load(std::memory_order_acquire)) {
    if (!is_first) {
      retries.add_shared(1);
      resent.add_shared(request.encoded.records);
    }
    is_first = false;
    Task<Answer> attempting = attempt(worker, request.encoded, request.payload);
    Answer answer = co_await std::move(attempting);
    const Classification& said = answer.classification;
    if (stopping.load(std::memory_order_acquire) && said.verdict != Verdict::delivered) co_return;

    switch (said.verdict) {
      case Verdict::delivered: {
        const std::uint64_t records = request.encoded.records;
        const Instant now = parts.clock.now();
        for (const Carried::Share& share : request.carried().shares()) {
          if (share.source)
            latency(*share.source).observe(std::chrono::duration<double>(now - share.read_at).count(), share.rows);
        }
        finish(request, records, std::min(said.refused, records));
        request.settle(Outcome::delivered);
        note_up();
        co_return;
      }
      case Verdict::blocked:
        lose(request, request.encoded.records, LossReason::blocked, said.message);
        request.settle(Outcome::lost);
        co_return;
      case Verdict::reject:
        lose(request, request.encoded.records, LossReason::rejected, said.message);
        request.settle(Outcome::lost);
        co_return;
      case Verdict::split:
      case Verdict::bisect: {
        const Classification refusal = said;
        Task<Fate> dissecting = dissect(worker, request, std::move(answer));
        const Fate fate = co_await std::move(dissecting);
        if (fate != Fate::systemic) co_return;
        note_down(refusal.message, true);
        break;
      }
      case Verdict::alarm: note_down(said.message, true); break;
      case Verdict::retry: note_down(said.message, false); break;
    }
    const Nanoseconds delay = backoff.next(answer.classification.retry_after);
    Task<bool> pausing = pause(worker, delay);
    const bool go_on = co_await std::move(pausing);
    if (!go_on) co_return;
  }
}

}  // namespace pipeline
