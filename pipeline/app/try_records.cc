#include "pipeline/app/try_records.h"

#include <cstring>
#include <memory>

#include "pipeline/app/configuration.h"
#include "pipeline/config/load.h"
#include "pipeline/model/log_batch.h"
#include "pipeline/topology/read_plan.h"

namespace pipeline {
namespace {

// Lines in one chunk, as a source would hand them over.
void fill(LogBatch& batch, const FieldPlan& fields, const std::string& path,
          std::span<const std::string_view> lines, UnixNanos now) {
  batch.bind(fields);
  batch.label_sets.push_back(LabelSet::empty());
  std::size_t size = 1;
  for (const std::string_view line : lines) size += line.size() + 1;
  const ChunkRef chunk = Chunk::allocate(size);
  char* out = chunk->data();
  Part part;
  part.rows = static_cast<std::uint32_t>(lines.size());
  const std::string directory = path.substr(0, path.rfind('/'));
  const std::string name = path.substr(path.rfind('/') + 1);
  part.partition = PartitionRef(
      new Partition(1, {{"file.path", path}, {"file.dir", directory}, {"file.name", name}}));
  for (const std::string_view line : lines) {
    std::memcpy(out, line.data(), line.size());
    batch.append({out, line.size()}, now, static_cast<std::uint32_t>(out - chunk->data()), 0);
    out += line.size();
    *out++ = '\n';
  }
  batch.frame.parts.push_back(std::move(part));
  batch.frame.chunks.push_back(chunk);
  batch.frame.live.reset(batch.rows());
  batch.frame.source = std::make_shared<const std::string>("try");
  batch.frame.raw_bytes = size;
}

TriedRecord record_of(const LogBatch& batch, const FieldPlan& fields, std::size_t row,
                      const std::string& job, std::string_view line, UnixNanos now) {
  TriedRecord record;
  record.line = line;
  record.is_dropped = !batch.frame.live.test(row);
  record.time = batch.time[row];
  record.has_own_time = record.time != now;
  std::vector<Label> labels = batch.label_sets[batch.labels[row]]->labels();
  if (batch.label_sets[batch.labels[row]]->find("job") == nullptr) labels.push_back({"job", job});
  record.labels = LabelSet::make(std::move(labels))->selector();
  const auto add = [&](std::string_view name, const Value& value) {
    if (value.is_missing()) return;
    if (name == "$error") record.error = value.text();
    if (!name.starts_with('$'))
      record.fields.emplace_back(name, value.has_text() ? value.text() : "null");
  };
  for (FieldSlot slot = 0; slot < fields.size(); ++slot)
    add(fields.name(slot), batch.field_at(slot, row));
  for (const LogBatch::NamedColumn& column : batch.unplanned())
    if (row < column.values.size()) add(column.name, column.values[row]);
  for (const LogBatch::MetadataColumn& column : batch.metadata())
    if (row < column.values.size() && column.values[row].data() != nullptr)
      record.metadata.emplace_back(column.name, column.values[row]);
  return record;
}

}  // namespace

std::vector<TriedRecord> try_records(const std::string& configuration, const std::string& path,
                                     const std::string& job,
                                     std::span<const std::string_view> lines,
                                     const Registry& registry, FileSystem& files,
                                     Diagnostics& diagnostics) {
  const Loaded loaded =
      load_texts({std::make_shared<const SourceText>("(detected)", configuration)}, diagnostics);
  Substitution substitution(files);
  substitution.set_static_mode(true);
  DecodeContext context(diagnostics, substitution);
  const std::optional<Plan> plan = read_plan(loaded.root, registry, context, read_options(files));
  if (!plan) return {};

  NullLog log;
  SystemClock clock;
  Meters meters;
  const MeterScope scope = meters.scope();
  FieldPlan fields;
  fields.read_all();
  std::vector<std::unique_ptr<LogTransform>> transforms;
  for (const Plan::Transform& transform : plan->pipelines.front().transforms) {
    const TransformContext lent{{.id = transform.id,
                                 .log = log,
                                 .clock = clock,
                                 .fs = files,
                                 .meters = meters,
                                 .scope = scope,
                                 .host_name = host_name()},
                                fields,
                                0,
                                Signal::logs};
    Result<AnyTransform> made = transform.plugin->make(transform.config, lent);
    if (!made) {
      diagnostics.error("E0301", {}, made.error().message());
      return {};
    }
    transforms.push_back(std::move(std::get<std::unique_ptr<LogTransform>>(*made)));
  }
  const UnixNanos now = clock.unix_now();
  LogBatch batch;
  fill(batch, fields, path, lines, now);
  for (const auto& transform : transforms) transform->apply(batch);
  std::vector<TriedRecord> records;
  records.reserve(lines.size());
  for (std::size_t row = 0; row < lines.size(); ++row)
    records.push_back(record_of(batch, fields, row, job, lines[row], now));
  return records;
}

}  // namespace pipeline
