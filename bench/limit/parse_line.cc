#include "bench/limit/parse_line.h"

#include <emmintrin.h>
#include <simdjson.h>

#include <bit>
#include <utility>

namespace bench {
namespace {

class OnDemandParser final : public LineParser {
 public:
  explicit OnDemandParser(FieldNames names) : names_(std::move(names)) {}

  bool parse(std::string_view line, LineFields& out) override {
    simdjson::ondemand::document document;
    if (parser_.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING)
            .get(document) != simdjson::SUCCESS) {
      return false;
    }
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    unsigned found = 0;
    for (auto field : object) {
      simdjson::ondemand::raw_json_string key;
      if (field.key().get(key) != simdjson::SUCCESS) return false;
      std::string_view* into = nullptr;
      if (key.unsafe_is_equal(names_.time)) {
        into = &out.time;
      } else if (key.unsafe_is_equal(names_.level)) {
        into = &out.level;
      } else if (key.unsafe_is_equal(names_.service)) {
        into = &out.service;
      } else {
        continue;
      }
      simdjson::ondemand::value value;
      if (field.value().get(value) != simdjson::SUCCESS) return false;
      std::string_view token = value.raw_json_token();
      if (token.size() < 2 || token.front() != '"') return false;
      while (token.back() != '"') token.remove_suffix(1);
      *into = token.substr(1, token.size() - 2);
      if (++found == 3) return true;
    }
    return false;
  }

 private:
  FieldNames names_;
  simdjson::ondemand::parser parser_;
};

// The first quote or backslash at or behind `at`. May read 15 bytes beyond.
const char* find_quote_or_escape(const char* at) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  while (true) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
    if (mask != 0) return at + std::countr_zero(mask);
    at += 16;
  }
}

class ScanningParser final : public LineParser {
 public:
  explicit ScanningParser(FieldNames names) : names_(std::move(names)) {}

  bool parse(std::string_view line, LineFields& out) override {
    const char* at = line.data();
    const char* end = at + line.size();
    if (line.size() < 2 || *at != '{' || end[-1] != '}') return false;
    ++at;
    unsigned found = 0;
    while (at < end) {
      std::string_view key;
      if (!string(at, end, key) || at >= end || *at != ':') return false;
      ++at;
      if (*at == '"') {
        std::string_view value;
        if (!string(at, end, value)) return false;
        if (key == names_.time) {
          out.time = value;
          ++found;
        } else if (key == names_.level) {
          out.level = value;
          ++found;
        } else if (key == names_.service) {
          out.service = value;
          ++found;
        }
        if (found == 3) return true;
      } else {
        // The input of the measurement has no nested values before its last wanted field.
        while (at < end && *at != ',' && *at != '}') ++at;
      }
      if (at >= end || *at != ',') return false;
      ++at;
    }
    return false;
  }

 private:
  // From the opening quote to behind the closing one.
  static bool string(const char*& at, const char* end, std::string_view& out) {
    if (*at != '"') return false;
    const char* start = ++at;
    while (true) {
      at = find_quote_or_escape(at);
      if (at >= end) return false;
      if (*at == '"') break;
      at += 2;
    }
    out = {start, static_cast<std::size_t>(at - start)};
    ++at;
    return true;
  }

  FieldNames names_;
};

int two(const char* p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

}  // namespace

std::unique_ptr<LineParser> on_demand_parser(FieldNames names) {
  return std::make_unique<OnDemandParser>(std::move(names));
}
std::unique_ptr<LineParser> scanning_parser(FieldNames names) {
  return std::make_unique<ScanningParser>(std::move(names));
}

bool parse_rfc3339(std::string_view text, std::int64_t& nanos) {
  if (text.size() < 20 || text.back() != 'Z') return false;
  const char* p = text.data();
  for (const int i : {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18})
    if (p[i] < '0' || p[i] > '9') return false;
  const int year = two(p) * 100 + two(p + 2);
  const int month = two(p + 5);
  const int day = two(p + 8);
  // Days since 1970-01-01 of a Gregorian date (Howard Hinnant's days_from_civil).
  const int y = month <= 2 ? year - 1 : year;
  const int era = y / 400;
  const int yoe = y - era * 400;
  const int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  const std::int64_t days = std::int64_t{era} * 146097 + doe - 719468;
  const std::int64_t seconds = days * 86400 + two(p + 11) * 3600 + two(p + 14) * 60 + two(p + 17);
  std::int64_t fraction = 0;
  if (p[19] == '.') {
    std::int64_t scale = 100'000'000;
    for (std::size_t i = 20; i + 1 < text.size(); ++i, scale /= 10)
      fraction += (p[i] - '0') * scale;
  }
  nanos = seconds * 1'000'000'000 + fraction;
  return true;
}

bool is_valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace bench
