#include "tests/support/testkit/testkit.h"

#include <cstring>

#include "pipeline/config/diagnostics.h"
#include "pipeline/config/substitution.h"
#include "pipeline/config/yaml.h"

namespace testkit {

using pipeline::Chunk;
using pipeline::ChunkRef;
using pipeline::DecodeContext;
using pipeline::Diagnostics;
using pipeline::FieldSlot;
using pipeline::kNoField;
using pipeline::LabelSet;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Meters;
using pipeline::Node;
using pipeline::parse_yaml;
using pipeline::Part;
using pipeline::Partition;
using pipeline::PartitionRef;
using pipeline::Registry;
using pipeline::Signal;
using pipeline::SourceText;
using pipeline::Substitution;
using pipeline::TransformContext;
using pipeline::Value;

Rig::Rig(std::initializer_list<RegisterPlugin> plugins)
    : partition(new Partition(42, {{"file.path", "/var/log/app.log"}})), scope_(meters_.scope()) {
  for (const RegisterPlugin plugin : plugins) plugin(registry_);
}

bool Rig::add(std::string_view yaml, std::string id) {
  errors_.clear();
  usage_ = {};
  Diagnostics diagnostics;
  Substitution substitution([](const std::string&) { return std::nullopt; }, files_);
  DecodeContext context(diagnostics, substitution);
  const auto root =
      parse_yaml(std::make_shared<SourceText>("test.yaml", std::string(yaml)), diagnostics);
  const bool is_map = root && root->is_mapping() && root->entries.size() == 1;
  if (!is_map && !(root && root->is_scalar())) {
    errors_ = diagnostics.to_text() + "not one transform";
    return false;
  }
  const std::string type = is_map ? root->entries[0].key : root->text;
  const Node options = is_map ? root->entries[0].value : Node{};
  const Registry::TransformPlugin* const plugin = registry_.transform(type);
  if (plugin == nullptr) {
    errors_ = "no transform '" + type + "'";
    return false;
  }
  Registry::AnyConfig config;
  {
    const auto scope =
        context.component("transform '" + type + "'", {"when", "name"}, root->where, type);
    config = plugin->decode(options, context);
  }
  errors_ = diagnostics.to_text();
  if (config == nullptr || diagnostics.has_errors()) return false;
  plugin->describe(config, usage_);
  const TransformContext lent{{.id = id.empty() ? "pipeline/test/" + type : std::move(id),
                               .log = log_,
                               .clock = clock,
                               .fs = files_,
                               .meters = meters_,
                               .scope = scope_,
                               .host_name = "host-1"},
                              plan,
                              lane,
                              Signal::logs};
  auto made = plugin->make(config, lent);
  if (!made) {
    errors_ = made.error().message();
    return false;
  }
  transforms_.push_back(std::move(std::get<std::unique_ptr<LogTransform>>(*made)));
  configs_.push_back(std::move(config));
  return true;
}

void Rig::read(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) plan.read(name);
}

std::unique_ptr<LogBatch> Rig::batch(const std::vector<std::string>& lines, std::uint64_t begin) {
  return batch_of({{partition, lines}}, begin);
}

std::unique_ptr<LogBatch> Rig::batch_of(
    const std::vector<std::pair<PartitionRef, std::vector<std::string>>>& parts,
    std::uint64_t begin) {
  auto made = std::make_unique<LogBatch>();
  made->bind(plan);
  made->label_sets.push_back(LabelSet::empty());
  std::size_t size = 1;
  for (const auto& [owner, lines] : parts)
    for (const std::string& line : lines) size += line.size() + 1;
  ChunkRef chunk = Chunk::allocate(size);
  char* out = chunk->data();
  for (const auto& [owner, lines] : parts) {
    Part part;
    part.first_row = static_cast<std::uint32_t>(made->rows());
    part.rows = static_cast<std::uint32_t>(lines.size());
    part.partition = owner;
    part.begin = begin;
    std::uint32_t offset = 0;
    for (const std::string& line : lines) {
      std::memcpy(out, line.data(), line.size());
      made->append({out, line.size()}, clock.unix_now() + offset, offset, 0);
      out += line.size();
      *out++ = '\n';
      offset += static_cast<std::uint32_t>(line.size() + 1);
    }
    made->frame.parts.push_back(std::move(part));
  }
  made->frame.chunks.push_back(std::move(chunk));
  made->frame.live.reset(made->rows());
  made->frame.read_at = clock.now();
  made->frame.source = std::make_shared<const std::string>("app");
  made->frame.raw_bytes = size;
  return made;
}

void Rig::apply(LogBatch& batch) {
  for (const auto& transform : transforms_) transform->apply(batch);
}

std::unique_ptr<LogBatch> Rig::run(const std::vector<std::string>& lines, std::uint64_t begin) {
  auto made = batch(lines, begin);
  apply(*made);
  return made;
}

std::string Rig::text_of(const Value& value) {
  static constexpr const char* kTypes[] = {"", "null:", "string:", "number:", "boolean:", "json:"};
  if (value.is_missing()) return "";
  return kTypes[static_cast<int>(value.type())] +
         (value.has_text() ? std::string(value.text()) : std::string());
}

std::string Rig::field(const LogBatch& batch, std::string_view name, std::size_t row) {
  const FieldSlot slot = plan.find(name);
  if (slot != kNoField) return text_of(batch.field_at(slot, row));
  for (const auto& column : batch.unplanned())
    if (column.name == name) return text_of(column.values[row]);
  return "";
}

std::string Rig::metadata(const LogBatch& batch, std::string_view name, std::size_t row) {
  const auto* const column = batch.find_metadata(name);
  return column == nullptr ? "" : std::string(column->values[row]);
}

std::string Rig::labels(const LogBatch& batch, std::size_t row) {
  return batch.label_sets[batch.labels[row]]->selector();
}

std::string Rig::live(const LogBatch& batch) {
  std::string shown;
  for (std::size_t row = 0; row < batch.rows(); ++row)
    shown += batch.frame.live.test(row) ? '1' : '0';
  return shown;
}

double Rig::metric(std::string_view name) const {
  double sum = 0;
  for (const Meters::Sample& sample : meters_.samples())
    if (sample.name == name) sum += sample.value;
  return sum;
}

}  // namespace testkit
