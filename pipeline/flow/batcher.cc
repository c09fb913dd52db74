#include "pipeline/flow/batcher.h"

#include <algorithm>
#include <utility>

namespace pipeline {
namespace {

// A compressor's worst case on top of the body that it reads.
constexpr std::uint64_t with_compression(std::uint64_t bytes) { return bytes + bytes + bytes / 6; }

}  // namespace

struct Batcher::Builder {
  // An encoder may use what its sink owns, and a reload may put another sink into the delivery
  // while this encoder goes on.
  std::shared_ptr<Sink> sink;
  AnyEncoder encoder;
  std::uint32_t shard = 0;
  std::vector<Carried::Share> shares;
  Instant oldest_append = Instant::max();  // when the first row of the request came
  Instant born = Instant::max();           // when its oldest row was read
  Ticket ticket;
  Reservation memory;
};

Batcher::Batcher(std::shared_ptr<Delivery> delivery, Signal signal, const FieldPlan& fields,
                 std::uint32_t lane, std::uint32_t shards, std::uint64_t target_bytes,
                 Ledger& ledger, std::shared_ptr<MemoryBudget::Share> memory)
    : delivery_(std::move(delivery)),
      ledger_(ledger),
      account_(ledger.open(delivery_->id(), signal)),
      memory_(std::move(memory)),
      lane_(lane),
      target_bytes_(target_bytes) {
  for (std::uint32_t shard = 0; shard < std::max(shards, 1u); ++shard) {
    auto builder = std::make_unique<Builder>();
    builder->sink = delivery_->sink();
    builder->encoder = builder->sink->make_encoder(signal, fields);
    builder->shard = shard;
    builder->ticket = Ticket(ledger_, account_);
    builder->memory = Reservation(memory_, 0);
    builders_.push_back(std::move(builder));
  }
}

Batcher::~Batcher() = default;

void Batcher::append(const Batch& batch, const Selection& live, bool with_acks) {
  std::visit(
      [&](const auto& rows) {
        using B = typename std::decay_t<decltype(rows)>::element_type;
        const auto encoder_of = [](Builder& builder) -> EncoderOf<B>& {
          return *std::get<std::unique_ptr<EncoderOf<B>>>(builder.encoder);
        };
        if (builders_.size() == 1) {
          append_rows(*builders_[0], encoder_of(*builders_[0]), *rows, live, with_acks);
          return;
        }
        delivery_->sink()->order_keys(batch, keys_);
        for (auto& builder : builders_) {
          Selection mine;
          mine.reset_none(live.rows());
          live.for_each([&](std::size_t row) {
            if (keys_[row] % builders_.size() == builder->shard) mine.set(row);
          });
          if (!mine.none()) append_rows(*builder, encoder_of(*builder), *rows, mine, with_acks);
        }
      },
      batch);
}

template <class B>
void Batcher::append_rows(Builder& builder, EncoderOf<B>& encoder, const B& batch,
                          const Selection& live, bool with_acks) {
  const std::uint64_t records_max = delivery_->options().batch_records;
  const std::size_t end = batch.rows();
  std::size_t row = 0;
  while (row < end) {
    const std::uint64_t before = encoder.records();
    const std::size_t next = encoder.append(batch, live, row, end, target_bytes_);
    const std::uint64_t taken = encoder.records() - before;
    const std::vector<Refused> refused = encoder.take_refused();

    {
      Ledger::Posting posting(ledger_);
      Account& account = posting[account_];
      account.in += taken;
      builder.ticket.add(account, taken);
      builder.ticket.set_bytes(account, encoder.bytes());
    }
    if (!refused.empty()) take_refused(builder, refused);

    if (taken > 0) {
      if (builder.oldest_append == Instant::max()) builder.oldest_append = batch.frame.read_at;
      builder.born = std::min(builder.born, batch.frame.read_at);
      for (const Part& part : batch.frame.parts) {
        const std::size_t from = std::max<std::size_t>(row, part.first_row);
        const std::size_t to = std::min<std::size_t>(next, part.first_row + part.rows);
        if (from >= to) continue;
        const std::uint64_t rows = live.count(from, to);
        if (rows == 0) continue;
        Ack ack = with_acks ? part.ack.share() : Ack{};
        if (!builder.shares.empty()) {
          Carried::Share& last = builder.shares.back();
          if (last.ack.group() == ack.group() && last.partition == part.partition &&
              last.source == batch.frame.source) {
            last.rows += rows;
            // The share that is already there stands for these rows as well.
            ack.settle(Outcome::delivered);
            continue;
          }
        }
        if (part.partition) part.partition->unsettled.fetch_add(1, std::memory_order_relaxed);
        builder.shares.push_back(
            {std::move(ack), rows, batch.frame.read_at, batch.frame.source, part.partition});
      }
    }
    row = next;
    if (encoder.bytes() >= target_bytes_ || (records_max > 0 && encoder.records() >= records_max)) {
      submit(builder);
    }
  }
  builder.memory.resize(with_compression(encoder.bytes()));
}

void Batcher::take_refused(Builder&, const std::vector<Refused>& refused) {
  Ledger::Posting posting(ledger_);
  Account& account = posting[account_];
  for (const Refused& refusal : refused) {
    account.in += refusal.records;
    account.lose(loss_reason(refusal.reason), refusal.records);
  }
}

void Batcher::submit(Builder& builder) {
  std::vector<Encoded> bodies =
      std::visit([](auto& encoder) { return encoder->finish(); }, builder.encoder);
  auto carried = std::make_shared<Carried>(std::exchange(builder.shares, {}));
  builder.memory.resize(0);
  for (Encoded& body : bodies) {
    Ticket ticket(ledger_, account_);
    {
      Ledger::Posting posting(ledger_);
      Account& account = posting[account_];
      builder.ticket.release(account, body.records);
      ticket.add(account, body.records, body.body.size());
    }
    Reservation memory(memory_, 0);
    memory.resize(with_compression(body.body.capacity()));
    auto request =
        std::make_unique<Request>(std::move(body), carried, std::move(ticket), std::move(memory));
    request->born = builder.born;
    delivery_->submit(lane_, builder.shard, std::move(request));
  }
  builder.oldest_append = Instant::max();
  builder.born = Instant::max();
}

void Batcher::flush() {
  for (auto& builder : builders_) {
    const std::uint64_t records =
        std::visit([](auto& e) { return e->records(); }, builder->encoder);
    if (records > 0) submit(*builder);
  }
}

Instant Batcher::flush_due(Instant now) {
  const auto age = std::chrono::duration_cast<Instant::duration>(delivery_->options().batch_age);
  Instant next = Instant::max();
  for (auto& builder : builders_) {
    if (builder->oldest_append == Instant::max()) continue;
    const Instant due = builder->oldest_append + age;
    if (due <= now) {
      submit(*builder);
    } else {
      next = std::min(next, due);
    }
  }
  return next;
}

bool Batcher::is_empty() const noexcept {
  return std::all_of(builders_.begin(), builders_.end(),
                     [](const auto& builder) { return builder->oldest_append == Instant::max(); });
}

}  // namespace pipeline
