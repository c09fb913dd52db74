#include "pipeline/codec/json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pipeline/codec/json_validator.h"

namespace pipeline {
namespace {

JsonPath path(std::initializer_list<const char*> keys) {
  JsonPath made;
  for (const char* key : keys) {
    if (key[0] == '#') {
      made.push_back(
          {.key = {}, .index = static_cast<std::uint32_t>(std::atoi(key + 1)), .is_index = true});
    } else {
      made.push_back({.key = key});
    }
  }
  return made;
}

// A line in memory of exactly its size, so that a sanitizer sees a read past its end.
struct Exact {
  explicit Exact(std::string_view from) : bytes(new char[from.size()]), size(from.size()) {
    if (size > 0) std::memcpy(bytes.get(), from.data(), size);
  }
  std::string_view view() const { return {bytes.get(), size}; }
  std::unique_ptr<char[]> bytes;
  std::size_t size;
};

std::string show(const Value& value) {
  static constexpr const char* kNames[] = {"missing", "null",    "string",
                                           "number",  "boolean", "json"};
  return std::string(kNames[static_cast<int>(value.type())]) + ":" + std::string(value.text());
}

std::string one(std::string_view line, const JsonPath& wanted,
                JsonCheck check = JsonCheck::prefix) {
  JsonExtractor extractor({wanted}, check);
  const Exact exact(line);
  Arena arena;
  Value out[1];
  const JsonFault fault = extractor.extract(exact.view(), out, arena);
  if (fault != JsonFault::none) return std::string(describe(fault));
  return show(out[0]);
}

TEST(Json, ValuesKeepTheirTypeAndText) {
  const struct {
    const char* value;
    const char* shown;
  } cases[] = {
      {R"("x")", "string:x"},
      {R"("")", "string:"},
      {"12345678901234567890", "number:12345678901234567890"},
      {"-0.5e+10", "number:-0.5e+10"},
      {"true", "boolean:true"},
      {"false", "boolean:false"},
      {"null", "null:null"},
      {R"({"a":[1,{"]":2}]})", R"(json:{"a":[1,{"]":2}]})"},
      {R"([ 1, "}" ])", R"(json:[ 1, "}" ])"},
      {R"("a\"b\\c\/d\b\f\n\r\t")", "string:a\"b\\c/d\b\f\n\r\t"},
      {R"("\u00e9\u20AC\ud83d\ude00")", "string:é€😀"},
      {R"("\ud800")", "string:\xEF\xBF\xBD"},
      {R"("\udc00x")", "string:\xEF\xBF\xBDx"},
      {R"("\ud800\ud83d\ude00")", "string:\xEF\xBF\xBD😀"},
      {R"("\x\u12")", R"(string:\x\u12)"},
      {"\"tab\there\xff\"", "string:tab\there\xff"},
  };
  for (const auto& c : cases) {
    const std::string line = std::string(R"( { "k" : )") + c.value + " } ";
    EXPECT_EQ(one(line, path({"k"})), c.shown) << line;
    EXPECT_EQ(one(line, path({"k"}), JsonCheck::structure), c.shown) << line;
    EXPECT_EQ(one(std::string(R"({"k":)") + c.value + "}", path({"k"})), c.shown) << line;
  }
}

TEST(Json, PathsWalkFirstAndThenTryTheLiteralKey) {
  const struct {
    const char* line;
    JsonPath wanted;
    const char* shown;
  } cases[] = {
      {R"({"a":{"b":1}})", path({"a", "b"}), "number:1"},
      {R"({"a.b":2,"a":{"b":1}})", path({"a", "b"}), "number:1"},
      {R"({"a":{"c":1},"a.b":2})", path({"a", "b"}), "number:2"},
      {R"({"a.b":2})", path({"a", "b"}), "number:2"},
      {R"({"a.b":2})", path({"a.b"}), "number:2"},
      {R"({"a.b":2,"a":7})", path({"a", "b"}), "number:2"},
      {R"({"a":{"b":null},"a.b":2})", path({"a", "b"}), "null:null"},
      {R"({"a.b":[5,6]})", path({"a", "b", "#1"}), "number:6"},
      {R"({"a":[{"b":1},{"b":2}]})", path({"a", "#1", "b"}), "number:2"},
      {R"({"a":[1]})", path({"a", "#1"}), "missing:"},
      {R"({"a":[]})", path({"a", "#0"}), "missing:"},
      {R"({"a":{}})", path({"a", "b"}), "missing:"},
      {R"({"x/y":3})", path({"x/y"}), "number:3"},
      {R"({"\u006b":4})", path({"k"}), "number:4"},
      {R"({"a":1,"a":2})", path({"a"}), "number:1"},
      {R"({"a":{"b":1},"a":{"c":2}})", path({"a", "c"}), "missing:"},
      {R"({"eightlen":1,"eightlenX":2})", path({"eightlenX"}), "number:2"},
      {R"({"":1})", path({""}), "number:1"},
      {"{}", path({"a"}), "missing:"},
  };
  for (const auto& c : cases) EXPECT_EQ(one(c.line, c.wanted), c.shown) << c.line;
}

TEST(Json, ValidatesUpToTheLastDemandedFieldOnly) {
  const struct {
    const char* line;
    const char* prefix;
    const char* structure;
    const char* strict;
  } cases[] = {
      {R"({"k":1,)", "number:1", "json: the object has no end", "json: not valid by RFC 8259"},
      {R"({"k":1} x)", "number:1", "json: text after the object", "json: not valid by RFC 8259"},
      {R"({"k":1,"a":[}]})", "number:1", "json: a value that is not JSON",
       "json: not valid by RFC 8259"},
      {R"({"k":1,"a":[1,,2]})", "number:1", "number:1", "json: not valid by RFC 8259"},
      {"{\"k\":1,\"a\":\"\x01\"}", "number:1", "number:1", "json: not valid by RFC 8259"},
      {"{\"k\":1,\"a\":\"\xff\"}", "number:1", "number:1", "json: not valid by RFC 8259"},
      {R"({"k":01})", "json: a ',', ':' or '}' is missing", "json: a ',', ':' or '}' is missing",
       "json: not valid by RFC 8259"},
      {R"({"k":NaN})", "json: a value that is not JSON", "json: a value that is not JSON",
       "json: not valid by RFC 8259"},
      {R"({"k" 1})", "json: a ',', ':' or '}' is missing", "json: a ',', ':' or '}' is missing",
       "json: not valid by RFC 8259"},
      {"{k:1}", "json: a member without a quoted key", "json: a member without a quoted key",
       "json: not valid by RFC 8259"},
      {R"({"k":1,})", "number:1", "json: a member without a quoted key",
       "json: not valid by RFC 8259"},
      {"[1]", "json: not an object", "json: not an object", "json: not valid by RFC 8259"},
      {"plain text", "json: not an object", "json: not an object", "json: not valid by RFC 8259"},
      {"", "json: not an object", "json: not an object", "json: not valid by RFC 8259"},
      {R"({"k)", "json: the object has no end", "json: the object has no end",
       "json: not valid by RFC 8259"},
      {R"({"k":"x\)", "json: the object has no end", "json: the object has no end",
       "json: not valid by RFC 8259"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(one(c.line, path({"k"})), c.prefix) << c.line;
    EXPECT_EQ(one(c.line, path({"k"}), JsonCheck::structure), c.structure) << c.line;
    EXPECT_EQ(one(c.line, path({"k"}), JsonCheck::strict), c.strict) << c.line;
  }
}

TEST(Json, DeepNestingIsRefusedAndNotRecursedInto) {
  const std::string deep = R"({"k":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(one(deep, path({"k"})), "json: a value that is not JSON");
  const std::string fine = R"({"k":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
  EXPECT_EQ(one(fine, path({"k"})).substr(0, 5), "json:");
}

TEST(Json, AllMembersComeInOrder) {
  JsonExtractor extractor({path({"b", "x"}), path({"a"})}, JsonCheck::prefix);
  Arena arena;
  Value out[2];
  std::vector<JsonMember> members;
  ASSERT_EQ(
      extractor.extract_all(R"({"a":1,"b":{"x":"y"},"\u0063":null,"a":2})", out, members, arena),
      JsonFault::none);
  EXPECT_EQ(show(out[0]), "string:y");
  EXPECT_EQ(show(out[1]), "number:1");
  std::string all;
  for (const JsonMember& member : members)
    all += std::string(member.key) + "=" + show(member.value) + " ";
  EXPECT_EQ(all, R"(a=number:1 b=json:{"x":"y"} c=null:null a=number:2 )");
  EXPECT_NE(extractor.extract_all(R"({"a":1)", out, members, arena), JsonFault::none);
  EXPECT_TRUE(members.empty());
  EXPECT_TRUE(out[1].is_missing());
}

class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::string object(int depth = 0) {
    std::string text = "{";
    const std::size_t members = pick(depth == 0 ? 9 : 3);
    for (std::size_t i = 0; i < members; ++i) {
      if (i > 0) text += space() + ",";
      text += space() + "\"" + key() + "\"" + space() + ":" + space() + value(depth + 1);
    }
    return text + space() + "}";
  }
  std::string key() {
    static const char* const kKeys[] = {
        "a", "b", "a.b", "ts", "level", "message", "long_key_name", "x\\\"y", "", "eightlen"};
    return kKeys[pick(10)];
  }
  // One to three bytes changed, removed or doubled.
  std::string mutate(std::string text) {
    for (std::size_t n = pick(3) + 1; n > 0 && !text.empty(); --n) {
      const std::size_t at = pick(text.size());
      switch (pick(4)) {
        case 0:
          text[at] = "\"\\{}[],:0 x\xff\x01"[pick(13)];
          break;
        case 1:
          text.erase(at, 1);
          break;
        case 2:
          text.insert(at, 1, text[at]);
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }
  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

 private:
  std::string space() { return pick(5) == 0 ? std::string(pick(3), ' ') : ""; }
  std::string value(int depth) {
    switch (pick(depth < 4 ? 9 : 6)) {
      case 0:
        return std::to_string(static_cast<std::int64_t>(random_()));
      case 1:
        return std::to_string(static_cast<double>(pick(100000)) / 64);
      case 2:
        return pick(2) != 0 ? "true" : "null";
      case 3:
        return "\"" + std::string(pick(40), 'v') + "\"";
      case 4:
        return "\"" + std::string(pick(20), 'q') + R"(\"\\\n\u00e9)" + std::string(pick(20), 'z') +
               "\"";
      case 5:
        return R"("]}{[")";
      case 6: {
        std::string array = "[";
        const std::size_t items = pick(4);
        for (std::size_t i = 0; i < items; ++i) array += (i > 0 ? "," : "") + value(depth + 1);
        return array + "]";
      }
      default:
        return object(depth);
    }
  }
  std::mt19937_64 random_;
};

const std::vector<JsonPath>& interesting_paths() {
  static const std::vector<JsonPath> paths = {path({"a"}),        path({"b"}),
                                              path({"a", "b"}),   path({"a.b"}),
                                              path({"ts"}),       path({"level"}),
                                              path({"a", "#0"}),  path({"b", "a", "ts"}),
                                              path({"message"}),  path({"long_key_name"}),
                                              path({"x\"y"}),     path({""}),
                                              path({"eightlen"}), path({"level", "#1", "a"})};
  return paths;
}

TEST(Json, EverySubsetOfFieldsGivesTheValuesOfTheFullParse) {
  RandomJson random(1);
  const auto& paths = interesting_paths();
  JsonExtractor full(paths, JsonCheck::structure);
  for (int round = 0; round < 60; ++round) {
    std::vector<JsonPath> wanted;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (random.pick(3) != 0) continue;
      wanted.push_back(paths[i]);
      which.push_back(i);
    }
    JsonExtractor some(wanted, JsonCheck::prefix);
    std::vector<Value> everything(paths.size());
    std::vector<Value> subset(wanted.size());
    std::vector<Value> with_all(wanted.size());
    std::vector<JsonMember> members;
    for (int i = 0; i < 100; ++i) {
      Arena arena;
      const bool broken = i % 4 == 3;
      const Exact line(broken ? random.mutate(random.object()) : random.object());
      const JsonFault fault = full.extract(line.view(), everything, arena);
      if (!broken) {
        ASSERT_EQ(fault, JsonFault::none) << line.view();
      }
      const JsonFault partial = some.extract(line.view(), subset, arena);
      const JsonFault whole = some.extract_all(line.view(), with_all, members, arena);
      // The more of a line is demanded, the more of it is looked at: only then may more be wrong.
      if (fault != JsonFault::none) continue;
      ASSERT_EQ(partial, JsonFault::none) << line.view();
      ASSERT_EQ(whole, JsonFault::none) << line.view();
      for (std::size_t w = 0; w < which.size(); ++w) {
        ASSERT_EQ(show(subset[w]), show(everything[which[w]])) << line.view();
        ASSERT_EQ(show(with_all[w]), show(everything[which[w]])) << line.view();
      }
    }
  }
}

void expect_same(const Value& ours, simdjson::dom::element theirs, const std::string& line) {
  using simdjson::dom::element_type;
  switch (theirs.type()) {
    case element_type::STRING:
      ASSERT_EQ(ours.type(), ValueType::string) << line;
      ASSERT_EQ(ours.text(), theirs.get_string().value()) << line;
      break;
    case element_type::BOOL:
      ASSERT_EQ(ours.type(), ValueType::boolean) << line;
      ASSERT_EQ(ours.text() == "true", theirs.get_bool().value()) << line;
      break;
    case element_type::NULL_VALUE:
      ASSERT_EQ(ours.type(), ValueType::null) << line;
      break;
    case element_type::OBJECT:
    case element_type::ARRAY: {
      ASSERT_EQ(ours.type(), ValueType::json) << line;
      simdjson::dom::parser again;
      const simdjson::padded_string text(ours.text());
      simdjson::dom::element reparsed;
      ASSERT_EQ(again.parse(text).get(reparsed), simdjson::SUCCESS) << line;
      ASSERT_EQ(simdjson::minify(reparsed), simdjson::minify(theirs)) << line;
      break;
    }
    default: {
      ASSERT_EQ(ours.type(), ValueType::number) << line;
      double number = 0;
      std::from_chars(ours.text().data(), ours.text().data() + ours.text().size(), number);
      ASSERT_EQ(number, theirs.get_double().value()) << line;
    }
  }
}

TEST(Json, AgreesWithSimdjsonOnEveryLineThatIsJson) {
  RandomJson random(2);
  simdjson::dom::parser parser;
  JsonExtractor prefix({path({"a"}), path({"level"})}, JsonCheck::prefix);
  JsonExtractor structure({path({"a"}), path({"level"})}, JsonCheck::structure);
  JsonExtractor strict({path({"a"}), path({"level"})}, JsonCheck::strict);
  JsonValidator validator;
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = random.object();
    if (i % 2 == 1) line = random.mutate(line);
    const Exact exact(line);
    const simdjson::padded_string padded(line);
    simdjson::dom::element root;
    const bool valid = parser.parse(padded).get(root) == simdjson::SUCCESS && root.is_object();
    ASSERT_EQ(validator.is_valid_object(exact.view()), valid) << line;
    Arena arena;
    Value out[2];
    std::vector<JsonMember> members;
    ASSERT_EQ(strict.extract(exact.view(), out, arena) == JsonFault::none, valid) << line;
    const JsonFault early = prefix.extract(exact.view(), out, arena);
    const JsonFault whole = structure.extract_all(exact.view(), out, members, arena);
    if (!valid) {
      ++refused;
      continue;  // ours may be more lenient, never stricter
    }
    ++accepted;
    ASSERT_EQ(early, JsonFault::none) << line;
    ASSERT_EQ(whole, JsonFault::none) << line;
    std::size_t m = 0;
    for (const simdjson::dom::key_value_pair member : root.get_object()) {
      ASSERT_LT(m, members.size()) << line;
      ASSERT_EQ(members[m].key, member.key) << line;
      expect_same(members[m].value, member.value, line);
      ++m;
    }
    ASSERT_EQ(m, members.size());
    for (const auto& [key, got] : {std::pair{"a", out[0]}, std::pair{"level", out[1]}}) {
      simdjson::dom::element theirs;
      if (root[key].get(theirs) == simdjson::SUCCESS) {
        expect_same(got, theirs, line);
      } else {
        ASSERT_TRUE(got.is_missing()) << line;
      }
    }
  }
  EXPECT_GT(accepted, 10'000);
  EXPECT_GT(refused, 2'000);
}

}  // namespace
}  // namespace pipeline
