#include "pipeline/component/delivery_options.h"

namespace pipeline {

void describe_options(Schema<BatchOptions>& schema) {
  // The lower bound keeps a request's overhead below its content; the upper one is a half of what
  // receivers take by default.
  schema.field("bytes", &BatchOptions::bytes,
               "Size of a request, before compression, at which it is sent. A single record may be "
               "larger.",
               {.min = 1_KiB, .max = 64_MiB});
  schema.field("age", &BatchOptions::age,
               "How long a record waits for others before a request is sent anyway.",
               {.min = std::chrono::milliseconds(1), .max = std::chrono::minutes(10)});
  schema.field("records", &BatchOptions::records,
               "Number of records at which a request is sent; 0 for no limit.");
}

void describe_options(Schema<QueueOptions>& schema) {
  schema.field("memory", &QueueOptions::memory,
               "Requests that wait for the receiver, in bytes as sent. Taken out of agent.memory.",
               {.min = 64_KiB, .max = 16_GiB});
  schema.field("disk", &QueueOptions::disk, "Not available yet: the queue is in memory only.");
  schema.field("when_full", &QueueOptions::when_full,
               "`block` holds the sources back, `drop_newest` and `drop_oldest` lose records "
               "(counted as queue_full).");
  schema.check(+[](const QueueOptions& queue, Checker& checker) {
    if (queue.disk && queue.disk->bytes > 0) {
      checker.error("disk", "disk queues come with a later version")
          .hint("leave `disk` out: a file source reads again what was not delivered");
    }
  });
}

void describe_options(Schema<RetryOptions>& schema) {
  schema.field("initial", &RetryOptions::initial,
               "Pause before the first retry; it doubles with each further one, with jitter.",
               {.min = std::chrono::milliseconds(10), .max = std::chrono::minutes(5)});
  schema.field("max", &RetryOptions::max,
               "The longest pause. Retries go on for as long as it takes.",
               {.min = std::chrono::milliseconds(10), .max = std::chrono::hours(1)});
  schema.check(+[](const RetryOptions& retry, Checker& checker) {
    if (retry.max < retry.initial) checker.error("max", "`max` is shorter than `initial`");
  });
}

DeliveryOptions delivery_options(const BatchOptions& batch, const QueueOptions& queue,
                                 const RetryOptions& retry, Duration timeout) {
  DeliveryOptions options;
  options.batch_bytes = batch.bytes.bytes;
  options.batch_age = batch.age;
  options.batch_records = batch.records;
  options.queue_memory = queue.memory.bytes;
  options.queue_when_full = std::string(enum_name(queue.when_full));
  options.timeout = timeout;
  options.retry_initial = retry.initial;
  options.retry_max = retry.max;
  return options;
}

}  // namespace pipeline
