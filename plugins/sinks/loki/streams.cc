#include "plugins/sinks/loki/streams.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "pipeline/codec/protobuf.h"
#include "pipeline/codec/utf8.h"
#include "plugins/sinks/loki/push_wire.h"

namespace plugins::sinks::loki {

using pipeline::Instant;
using pipeline::Label;
using pipeline::LabelSet;
using pipeline::LabelSetRef;
using pipeline::LogBatch;

namespace {

// Loki's limits for a label (max_label_name_length, max_label_value_length). Longer ones are cut:
// that keeps the record, and cuts it the same way every time.
constexpr std::size_t kNameMax = 1024;
constexpr std::size_t kValueMax = 2048;

// The longest prefix of at most `size` bytes that does not end within a character.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

bool is_fine(const Label& label) {
  return label.name.size() <= kNameMax && label.value.size() <= kValueMax &&
         pipeline::is_legal_label_name(label.name) && pipeline::is_valid_utf8(label.value);
}

Label legal(std::string_view name, std::string_view value) {
  Label label;
  label.name = std::string(cut(pipeline::legal_label_name(name), kNameMax));
  pipeline::append_valid_utf8(label.value, value);
  label.value = std::string(cut(label.value, kValueMax));
  return label;
}

void add_text(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key += text;
}

bool has(const std::vector<Label>& labels, std::string_view name) {
  return std::any_of(labels.begin(), labels.end(), [&](const Label& l) { return l.name == name; });
}

}  // namespace

std::size_t StreamTable::TextHash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

StreamTable::StreamTable(StreamRules rules, StreamGuard& guard, const pipeline::Context& context)
    : rules_(std::move(rules)),
      guard_(guard),
      context_(context),
      has_row_texts_(!rules_.row_labels.empty() ||
                     (rules_.tenant && !rules_.tenant->is_constant())) {
  std::vector<Label> fill;
  for (const Label& label : rules_.fill) {
    Label made = legal(label.name, label.value);
    if (!made.value.empty() && !has(fill, made.name)) fill.push_back(std::move(made));
  }
  rules_.fill = std::move(fill);
}

void StreamTable::begin(const LogBatch& batch, Instant now) {
  if (guard_.is_on()) {
    window_ = guard_.window(now);
    if (guard_.generation() != generation_) {
      generation_ = guard_.generation();
      demoted_ = guard_.demoted();
      routes_.clear();
    }
  }
  if (routes_.size() > kRoutesMax) routes_.clear();
  is_by_label_set_ = !has_row_texts_ && (batch.tenant.empty() || rules_.tenant);
  by_index_.assign(batch.label_sets.size(), nullptr);
  if (has_row_texts_) {
    arena_.clear();
    for (StreamRules::RowLabel& label : rules_.row_labels) label.text.start(batch);
    if (rules_.tenant) rules_.tenant->start(batch);
  }
}

const Route& StreamTable::look_up(const LogBatch& batch, std::size_t row) {
  const LabelSetRef& set = batch.label_sets[batch.labels[row]];
  std::string_view tenant;
  if (rules_.tenant) {
    tenant = rules_.tenant->is_constant() ? rules_.tenant->constant()
                                          : rules_.tenant->render(row, arena_);
  } else if (!batch.tenant.empty()) {
    tenant = batch.tenant[row];
  }

  // The set's address and the texts, each behind its length, so that no two lists make one key.
  const LabelSet* address = set.get();
  key_.assign(reinterpret_cast<const char*>(&address), sizeof address);
  add_text(key_, tenant);
  values_.clear();
  for (StreamRules::RowLabel& label : rules_.row_labels) {
    values_.push_back(label.text.render(row, arena_));
    add_text(key_, values_.back());
  }

  auto found = routes_.find(std::string_view(key_));
  if (found != routes_.end() && found->second->window == window_) return *found->second;
  if (found == routes_.end()) found = routes_.emplace(key_, std::make_unique<Route>()).first;
  make(*found->second, tenant, set);
  return *found->second;
}

void StreamTable::make(Route& route, std::string_view tenant, const LabelSetRef& set) {
  route = Route{};
  route.set = set;

  std::vector<Label> labels;
  bool is_plain = rules_.fill.empty();
  for (const Label& label : set->labels()) {
    if (is_fine(label)) {
      labels.push_back(label);
    } else {
      labels.push_back(legal(label.name, label.value));
      is_plain = false;
    }
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const std::string& name = rules_.row_labels[i].name;
    if (values_[i].empty() || has(labels, name)) continue;
    labels.push_back(legal(name, values_[i]));
    is_plain = false;
  }
  for (const Label& label : rules_.fill)
    if (!has(labels, label.name)) labels.push_back(label);

  // Demotion may follow from asking the guard: then the labels are others and it is asked again.
  // Every round demotes one label, so that there are at most as many rounds as labels.
  LabelSetRef made;
  while (true) {
    std::vector<Label> kept;
    route.metadata.clear();
    route.metadata_pairs = 0;
    for (const Label& label : labels) {
      if (std::find(demoted_.begin(), demoted_.end(), label.name) == demoted_.end()) {
        kept.push_back(label);
        continue;
      }
      namespace pb = pipeline::protobuf;
      const std::size_t size = pb::bytes_field_size(wire::kPairName, label.name.size()) +
                               pb::bytes_field_size(wire::kPairValue, label.value.size());
      pb::WireWriter writer(route.metadata);
      writer.message(wire::kEntryMetadata, size);
      writer.bytes(wire::kPairName, label.name);
      writer.bytes(wire::kPairValue, label.value);
      ++route.metadata_pairs;
      is_plain = false;
    }
    made = is_plain ? set : LabelSet::make(std::move(kept));
    if (made->labels().empty()) {
      // Labels must not all be demoted: the guard keeps the last one of the streams it has seen,
      // but this one may be new.
      if (route.metadata_pairs > 0) {
        made = LabelSet::make(labels);
        route.metadata.clear();
        route.metadata_pairs = 0;
      }
      if (made->labels().empty()) {
        refuse(route, "rejected",
               "a record has no label, and Loki takes none without: add a `labels` transform, "
               "`labels:` at the sink or `agent.labels`");
        return;
      }
    }
    if (!guard_.is_on()) break;
    const std::uint64_t before = generation_;
    const std::uint64_t hash = made->hash() ^ XXH3_64bits(tenant.data(), tenant.size());
    const bool is_admitted = guard_.admit(hash, made->labels());
    if (guard_.generation() != before) {
      // Other routes are stale as well; begin() clears them before the next rows.
      demoted_ = guard_.demoted();
      generation_ = guard_.generation();
      window_ = guard_.window(Instant::min());
      for (auto& [key, other] : routes_) other->window = ~std::uint64_t{0};
      std::fill(by_index_.begin(), by_index_.end(), nullptr);
      continue;
    }
    route.window = window_;
    if (!is_admitted) {
      route.refusal = "overflow";  // the guard has said why
      return;
    }
    break;
  }
  route.window = window_;

  if (rules_.max_labels > 0 && made->labels().size() > rules_.max_labels) {
    refuse(route, "rejected",
           fmt::format("a record has {} labels and max_labels is {}: {}; turn some into structured "
                       "metadata",
                       made->labels().size(), rules_.max_labels, made->selector()));
    return;
  }

  text_.assign(tenant);
  text_.push_back('\0');
  text_ += made->selector();
  auto stream = streams_.find(std::string_view(text_));
  if (stream == streams_.end()) {
    stream = streams_.emplace(text_, std::make_unique<Stream>()).first;
    stream->second->tenant = std::string(tenant);
    stream->second->labels = made->selector();
  }
  route.stream = stream->second.get();
}

void StreamTable::refuse(Route& route, std::string_view reason, const std::string& why) {
  route.window = window_;
  route.stream = nullptr;
  route.refusal = reason;
  if (has_complained_) return;
  has_complained_ = true;
  context_.log.warn(context_.id, why);
}

void StreamTable::settle() {
  // A stream that was busy in the round before and not in this one gives its buffer back: what is
  // kept is bounded by two requests, however many streams come and go.
  for (Stream* stream : previous_)
    if (stream->records == 0) stream->entries = std::string();
  for (Stream* stream : active_) {
    stream->entries.clear();
    stream->records = 0;
  }
  previous_.swap(active_);
  active_.clear();
  if (streams_.size() > kRoutesMax) {
    previous_.clear();
    routes_.clear();
    streams_.clear();
    std::fill(by_index_.begin(), by_index_.end(), nullptr);
  }
}

}  // namespace plugins::sinks::loki
