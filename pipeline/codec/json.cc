#include "pipeline/codec/json.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/codec/json_scan.h"
#include "pipeline/codec/json_validator.h"

namespace pipeline {
namespace {

using json_scan::skip_space;

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// A key as one number to compare: its length and first eight bytes. Keys of up to eight bytes have
// equal tags only when they are equal; a longer one's other bytes are compared as well.
std::uint64_t tag_of(std::uint64_t first_bytes, std::size_t size) noexcept {
  return first_bytes ^ (static_cast<std::uint64_t>(size) * 0x9E3779B97F4A7C15ULL);
}

std::uint64_t tag_of(const char* key, std::size_t size, std::size_t readable) noexcept {
  std::uint64_t bytes = 0;
  if (readable >= 8) [[likely]] {
    std::memcpy(&bytes, key, 8);
    if (size < 8) {
      if constexpr (std::endian::native == std::endian::little) {
        bytes &= ~std::uint64_t{0} >> (size == 0 ? 63 : 64 - 8 * size);
        if (size == 0) bytes = 0;
      } else {
        bytes = 0;
        std::memcpy(&bytes, key, size);
      }
    }
  } else {
    std::memcpy(&bytes, key, std::min<std::size_t>(size, 8));
  }
  return tag_of(bytes, size);
}

// What is wanted below one value. Nodes are visited at most once a line, because of equal keys only
// the first is followed.
struct Node {
  struct Key {
    std::uint64_t tag = 0;
    std::uint32_t size = 0;
    std::uint32_t node = 0;
    std::uint64_t seen = 0;  // the line that had it last
    bool only_literal = false;
    std::string text;
  };
  struct Index {
    std::uint32_t index = 0;
    std::uint32_t node = 0;
  };
  std::vector<Key> keys;
  std::vector<Index> indexes;
  std::vector<std::uint32_t> targets;  // values that this node's value is
};

// The key that the line before had at some place among its members, without backslashes. Lines of
// one program have their keys in one order, so that a comparison replaces the search for the key's
// end and for its meaning.
struct Guess {
  std::uint64_t first = 1;  // bytes of the key, as many as `mask` has; at first no key's
  std::uint64_t mask = 0;
  std::uint64_t last = 0;  // the last eight bytes of a key that has more
  Node::Key* hit = nullptr;
  std::string text;

  void learn(const char* key, std::size_t size, Node::Key* meaning) {
    text.assign(key, size);
    first = last = 0;
    std::memcpy(&first, key, std::min<std::size_t>(size, 8));
    std::memset(&mask, 0, 8);
    std::memset(&mask, 0xFF, std::min<std::size_t>(size, 8));
    if (size > 8) std::memcpy(&last, key + size - 8, 8);
    hit = meaning;
  }
  // Whether the string that begins at `key` is this one, to its closing quote.
  bool holds(const char* key, const char* end) const noexcept {
    const std::size_t size = text.size();
    if (static_cast<std::size_t>(end - key) < size + 9) return false;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, key, 8);
    if ((bytes & mask) != first || key[size] != '"') return false;
    if (size <= 8) return true;
    std::memcpy(&bytes, key + size - 8, 8);
    if (bytes != last) return false;
    return size <= 16 || std::memcmp(key + 8, text.data() + 8, size - 16) == 0;
  }
};
// Places that are remembered.
constexpr std::size_t kMaxGuesses = 32;

}  // namespace

std::string_view describe(JsonFault fault) noexcept {
  switch (fault) {
    case JsonFault::none:
      return "";
    case JsonFault::not_object:
      return "json: not an object";
    case JsonFault::bad_key:
      return "json: a member without a quoted key";
    case JsonFault::bad_separator:
      return "json: a ',', ':' or '}' is missing";
    case JsonFault::bad_value:
      return "json: a value that is not JSON";
    case JsonFault::truncated:
      return "json: the object has no end";
    case JsonFault::trailing:
      return "json: text after the object";
    case JsonFault::invalid:
      return "json: not valid by RFC 8259";
  }
  return "";
}

struct JsonExtractor::Impl {
  Impl(const std::vector<JsonPath>& paths, JsonCheck check_);

  void add(const JsonPath& path, std::uint32_t target, bool literal);
  std::uint32_t child(std::uint32_t node, const JsonStep& step, bool literal);

  JsonFault run(std::string_view line, std::span<Value> out, Arena& arena,
                std::vector<JsonMember>* members);
  template <bool Top>
  const char* object(const char* p, const Node& node);
  const char* array(const char* p, const Node& node);
  const char* wanted(const char* p, const Node& node, Value& value);
  const char* value(const char* p, Value& value);
  const char* skip(const char* p);
  Node::Key* match(const Node& node, const char* key, const char* key_end, bool escaped);
  bool literals_settled() const;
  const char* fail(JsonFault why) noexcept {
    fault = why;
    return nullptr;
  }

  // Fixed by the constructor, but for Key::seen.
  std::vector<Node> nodes{1};
  std::vector<std::uint32_t> literal_of;  // by path: the target of its literal key, or kNone
  std::vector<Value> values;              // by target, where literals exist
  std::size_t paths_count;
  std::uint32_t wanted_keys = 0;  // keys of the top that are no mere literals
  bool has_literals = false;
  JsonCheck check;
  std::optional<JsonValidator> validator;
  std::string scratch;
  std::vector<Guess> guesses;  // by place in the line's object

  // Of the line in hand.
  std::uint64_t line_number = 0;
  const char* end = nullptr;
  Value* found = nullptr;
  Arena* text = nullptr;
  std::vector<JsonMember>* all = nullptr;
  std::uint32_t open = 0;  // wanted keys not seen yet
  bool may_stop = false;
  bool stopped = false;
  JsonFault fault = JsonFault::none;
};

JsonExtractor::Impl::Impl(const std::vector<JsonPath>& paths, JsonCheck check_)
    : literal_of(paths.size(), kNone), paths_count(paths.size()), check(check_) {
  for (std::uint32_t i = 0; i < paths.size(); ++i) add(paths[i], i, false);
  auto target = static_cast<std::uint32_t>(paths.size());
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    const JsonPath& path = paths[i];
    std::size_t leading = 0;
    std::string joined;
    for (; leading < path.size() && !path[leading].is_index; ++leading) {
      if (leading > 0) joined += '.';
      joined += path[leading].key;
    }
    if (leading < 2) continue;
    JsonPath literal{{.key = std::move(joined)}};
    literal.insert(literal.end(), path.begin() + static_cast<std::ptrdiff_t>(leading), path.end());
    literal_of[i] = target;
    add(literal, target++, true);
    has_literals = true;
  }
  if (has_literals) values.resize(target);
  for (const Node::Key& key : nodes[0].keys) wanted_keys += key.only_literal ? 0 : 1;
  if (check == JsonCheck::strict) validator.emplace();
}

std::uint32_t JsonExtractor::Impl::child(std::uint32_t node, const JsonStep& step, bool literal) {
  const auto next = static_cast<std::uint32_t>(nodes.size());
  if (step.is_index) {
    for (const Node::Index& known : nodes[node].indexes)
      if (known.index == step.index) return known.node;
    nodes[node].indexes.push_back({step.index, next});
  } else {
    for (Node::Key& known : nodes[node].keys) {
      if (known.text != step.key) continue;
      known.only_literal = known.only_literal && literal;
      return known.node;
    }
    const std::size_t size = step.key.size();
    nodes[node].keys.push_back({.tag = tag_of(step.key.data(), size, size),
                                .size = static_cast<std::uint32_t>(size),
                                .node = next,
                                .only_literal = literal,
                                .text = step.key});
  }
  nodes.emplace_back();
  return next;
}

void JsonExtractor::Impl::add(const JsonPath& path, std::uint32_t target, bool literal) {
  std::uint32_t node = 0;
  for (const JsonStep& step : path) node = child(node, step, literal);
  nodes[node].targets.push_back(target);
}

JsonFault JsonExtractor::Impl::run(std::string_view line, std::span<Value> out, Arena& arena,
                                   std::vector<JsonMember>* members) {
  std::fill(out.begin(), out.end(), Value{});
  if (has_literals) std::fill(values.begin(), values.end(), Value{});
  if (validator && !validator->is_valid_object(line)) return JsonFault::invalid;
  ++line_number;
  end = line.data() + line.size();
  found = has_literals ? values.data() : out.data();
  text = &arena;
  all = members;
  open = wanted_keys;
  may_stop = check != JsonCheck::structure && members == nullptr;
  stopped = false;
  fault = JsonFault::none;

  const char* p = skip_space(line.data(), end);
  if (p == end || *p != '{') return JsonFault::not_object;
  if (may_stop && wanted_keys == 0) return JsonFault::none;
  p = object<true>(p + 1, nodes[0]);
  if (p == nullptr && !stopped) {
    std::fill(out.begin(), out.end(), Value{});
    return fault;
  }
  if (!stopped && skip_space(p, end) != end) {
    std::fill(out.begin(), out.end(), Value{});
    return JsonFault::trailing;
  }
  if (has_literals) {
    for (std::size_t i = 0; i < paths_count; ++i) {
      const bool walked = !values[i].is_missing() || literal_of[i] == kNone;
      out[i] = walked ? values[i] : values[literal_of[i]];
    }
  }
  return JsonFault::none;
}

// No unseen literal key could still give a value that walking has not found.
bool JsonExtractor::Impl::literals_settled() const {
  if (!has_literals) return true;
  for (std::size_t i = 0; i < paths_count; ++i) {
    if (literal_of[i] != kNone && values[i].is_missing() && values[literal_of[i]].is_missing())
      return false;
  }
  return true;
}

Node::Key* JsonExtractor::Impl::match(const Node& node, const char* key, const char* key_end,
                                      bool escaped) {
  auto size = static_cast<std::size_t>(key_end - key);
  auto readable = static_cast<std::size_t>(end - key);
  if (escaped) {
    Arena& arena = *text;
    const std::string_view plain = json_unescape({key, size}, arena);
    scratch.assign(plain);
    key = scratch.data();
    readable = size = scratch.size();
  }
  const std::uint64_t tag = tag_of(key, size, readable);
  for (const Node::Key& known : node.keys) {
    if (known.tag != tag || known.size != size) continue;
    if (size > 8 && std::memcmp(known.text.data() + 8, key + 8, size - 8) != 0) continue;
    // Only `seen` changes; the trie is this object's own.
    return const_cast<Node::Key*>(&known);
  }
  return nullptr;
}

// From behind the '{' to behind the '}'. Null: a fault, or everything wanted has been found.
template <bool Top>
const char* JsonExtractor::Impl::object(const char* p, const Node& node) {
  p = skip_space(p, end);
  if (p < end && *p == '}') return p + 1;
  for (std::size_t place = 0;; ++place) {
    if (p == end) return fail(JsonFault::truncated);
    if (*p != '"') return fail(JsonFault::bad_key);
    const char* const key = p + 1;
    const char* key_end = nullptr;
    bool escaped = false;
    Node::Key* hit = nullptr;
    if (Top && place < guesses.size() && guesses[place].holds(key, end)) {
      key_end = key + guesses[place].text.size();
      hit = guesses[place].hit;
    } else {
      key_end = json_scan::string_end(key, end, escaped);
      if (key_end == nullptr) return fail(JsonFault::truncated);
      hit = match(node, key, key_end, escaped);
      if (Top && !escaped && place < kMaxGuesses) {
        if (place >= guesses.size()) guesses.resize(place + 1);
        guesses[place].learn(key, static_cast<std::size_t>(key_end - key), hit);
      }
    }
    if (hit != nullptr && hit->seen == line_number) hit = nullptr;  // the first one wins
    p = skip_space(key_end + 1, end);
    if (p == end) return fail(JsonFault::truncated);
    if (*p != ':') return fail(JsonFault::bad_separator);
    p = skip_space(p + 1, end);
    if (p == end) return fail(JsonFault::truncated);

    Value got;
    if (hit != nullptr) {
      hit->seen = line_number;
      p = wanted(p, nodes[hit->node], got);
    } else if (Top && all != nullptr) {
      p = value(p, got);
    } else {
      p = skip(p);
    }
    if (p == nullptr) return nullptr;
    if constexpr (Top) {
      if (all != nullptr) {
        const std::string_view raw(key, static_cast<std::size_t>(key_end - key));
        all->push_back({escaped ? json_unescape(raw, *text) : raw, got});
      } else if (hit != nullptr && !hit->only_literal) {
        --open;
      }
    }

    p = skip_space(p, end);
    if (p == end) return fail(JsonFault::truncated);
    const bool last = *p == '}';
    if (!last && *p != ',') return fail(JsonFault::bad_separator);
    // Not before the separator has been seen: a number that was cut off looks like one.
    if (Top && hit != nullptr && open == 0 && may_stop && literals_settled()) {
      stopped = true;
      return nullptr;
    }
    if (last) return p + 1;
    p = skip_space(p + 1, end);
  }
}

// From behind the '[' to behind the ']'.
const char* JsonExtractor::Impl::array(const char* p, const Node& node) {
  p = skip_space(p, end);
  if (p < end && *p == ']') return p + 1;
  for (std::uint32_t index = 0;; ++index) {
    if (p == end) return fail(JsonFault::truncated);
    const auto hit = std::find_if(node.indexes.begin(), node.indexes.end(),
                                  [&](const Node::Index& known) { return known.index == index; });
    Value ignored;
    p = hit != node.indexes.end() ? wanted(p, nodes[hit->node], ignored) : skip(p);
    if (p == nullptr) return nullptr;
    p = skip_space(p, end);
    if (p == end) return fail(JsonFault::truncated);
    if (*p == ']') return p + 1;
    if (*p != ',') return fail(JsonFault::bad_separator);
    p = skip_space(p + 1, end);
  }
}

const char* JsonExtractor::Impl::wanted(const char* p, const Node& node, Value& got) {
  const char* const start = p;
  if (*p == '{' && !node.keys.empty()) {
    p = object<false>(p + 1, node);
    if (p != nullptr) got = {ValueType::json, {start, static_cast<std::size_t>(p - start)}};
  } else if (*p == '[' && !node.indexes.empty()) {
    p = array(p + 1, node);
    if (p != nullptr) got = {ValueType::json, {start, static_cast<std::size_t>(p - start)}};
  } else {
    p = value(p, got);
  }
  if (p == nullptr) return nullptr;
  for (const std::uint32_t target : node.targets) found[target] = got;
  return p;
}

const char* JsonExtractor::Impl::value(const char* p, Value& got) {
  const char* const start = p;
  ValueType type = ValueType::number;
  switch (*p) {
    case '"': {
      bool escaped = false;
      const char* const closing = json_scan::string_end(p + 1, end, escaped);
      if (closing == nullptr) return fail(JsonFault::truncated);
      std::string_view raw(p + 1, static_cast<std::size_t>(closing - p - 1));
      if (escaped) raw = json_unescape(raw, *text);
      got = Value::string(raw);
      return closing + 1;
    }
    case '{':
    case '[':
      p = json_scan::container_end(p, end);
      type = ValueType::json;
      break;
    case 't':
      p = json_scan::word_end(p, end, "true", 4);
      type = ValueType::boolean;
      break;
    case 'f':
      p = json_scan::word_end(p, end, "false", 5);
      type = ValueType::boolean;
      break;
    case 'n':
      p = json_scan::word_end(p, end, "null", 4);
      type = ValueType::null;
      break;
    default:
      p = json_scan::number_end(p, end);
  }
  if (p == nullptr) return fail(JsonFault::bad_value);
  got = {type, {start, static_cast<std::size_t>(p - start)}};
  return p;
}

const char* JsonExtractor::Impl::skip(const char* p) {
  if (*p == '"') {
    bool escaped = false;
    const char* const closing = json_scan::string_end(p + 1, end, escaped);
    return closing == nullptr ? fail(JsonFault::truncated) : closing + 1;
  }
  Value ignored;
  return value(p, ignored);
}

JsonExtractor::JsonExtractor(const std::vector<JsonPath>& paths, JsonCheck check)
    : impl_(std::make_unique<Impl>(paths, check)) {}
JsonExtractor::~JsonExtractor() = default;
JsonExtractor::JsonExtractor(JsonExtractor&&) noexcept = default;
JsonExtractor& JsonExtractor::operator=(JsonExtractor&&) noexcept = default;

JsonFault JsonExtractor::extract(std::string_view line, std::span<Value> out, Arena& arena) {
  return impl_->run(line, out, arena, nullptr);
}

JsonFault JsonExtractor::extract_all(std::string_view line, std::span<Value> out,
                                     std::vector<JsonMember>& members, Arena& arena) {
  members.clear();
  const JsonFault fault = impl_->run(line, out, arena, &members);
  if (fault != JsonFault::none) members.clear();
  return fault;
}

}  // namespace pipeline
