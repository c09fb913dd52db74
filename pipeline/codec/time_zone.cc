#include "pipeline/codec/time_zone.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "pipeline/codec/civil_time.h"
#include "pipeline/codec/posix_zone.h"

namespace pipeline {
namespace {

// The largest zone of tzdata 2024 has 4 KiB.
constexpr std::size_t kMaxZoneBytes = std::size_t{64} * 1024;
// Unix nanoseconds in 64 bits end in 2262.
constexpr std::int64_t kLastYear = 2262;
constexpr std::int32_t kMaxOffset = 26 * 3600;

constexpr std::int64_t kBeginning = std::numeric_limits<std::int64_t>::min() / 4;

// Big-endian, bounds-checked.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  std::int64_t integer(std::size_t size) {
    const std::string_view taken = take(size);
    std::uint64_t value = 0;
    for (const char c : taken) value = value << 8 | static_cast<unsigned char>(c);
    const unsigned unused = static_cast<unsigned>(64 - 8 * size);
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, characters = 0;

  static std::optional<Header> read(Bytes& in) {
    if (in.take(4) != "TZif") return std::nullopt;
    Header header;
    const std::string_view version = in.take(1);
    in.take(15);
    for (std::size_t* count : {&header.utc_flags, &header.standard_flags, &header.leaps,
                               &header.times, &header.types, &header.characters}) {
      const std::int64_t value = in.integer(4);
      if (value < 0 || value > static_cast<std::int64_t>(kMaxZoneBytes)) return std::nullopt;
      *count = static_cast<std::size_t>(value);
    }
    if (!in.ok() || header.types == 0) return std::nullopt;
    header.version = version.front();
    return header;
  }
  std::size_t body(std::size_t time_size) const noexcept {
    return times * (time_size + 1) + types * 6 + characters + leaps * (time_size + 4) +
           standard_flags + utc_flags;
  }
};

// ±hh, ±hhmm or ±hh:mm.
std::optional<std::int32_t> fixed_offset(std::string_view name) {
  if (name.size() < 3 || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  std::string digits;
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (name[i] == ':' && i == 3 && name.size() == 6) continue;
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
    digits += name[i];
  }
  if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int minutes = digits.size() == 4 ? (digits[2] - '0') * 10 + (digits[3] - '0') : 0;
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int32_t seconds = hours * 3600 + minutes * 60;
  return name[0] == '-' ? -seconds : seconds;
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
}

}  // namespace

struct TimeZone::Data {
  struct Period {
    std::int64_t start;   // Unix seconds
    std::int32_t offset;  // seconds east, from then on
  };
  std::vector<Period> periods;  // ascending; the first begins before all time
  std::vector<std::pair<std::string, std::int32_t>> abbreviations;  // the latest meaning first

  void append(std::int64_t start, std::int32_t offset) {
    if (start > periods.back().start) periods.push_back({start, offset});
  }
  void extend(const PosixZone& rule);
};

// Turns the rule into transitions, so that there is one way to look a time up.
void TimeZone::Data::extend(const PosixZone& rule) {
  abbreviations.emplace(abbreviations.begin(), rule.standard_name, rule.standard_offset);
  if (!rule.has_summer) return;
  abbreviations.emplace(abbreviations.begin(), rule.summer_name, rule.summer_offset);
  const std::int64_t last = std::max<std::int64_t>(periods.back().start, 0);
  const std::int64_t from = civil_from_days(last / kSecondsOfDay).year;
  for (std::int64_t year = from; year <= kLastYear; ++year) {
    const std::pair<std::int64_t, std::int32_t> summer = {
        PosixZone::local_time_of(rule.to_summer, year) - rule.standard_offset, rule.summer_offset};
    const std::pair<std::int64_t, std::int32_t> standard = {
        PosixZone::local_time_of(rule.to_standard, year) - rule.summer_offset,
        rule.standard_offset};
    const auto& [first, second] = std::minmax(summer, standard);
    append(first.first, first.second);
    append(second.first, second.second);
  }
}

TimeZone::TimeZone() = default;
TimeZone::TimeZone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

TimeZone TimeZone::fixed(std::int32_t offset) {
  TimeZone zone;
  zone.offset_ = offset;
  return zone;
}

Result<TimeZone> TimeZone::find(std::string_view name, FileSystem& files) {
  if (name == "UTC" || name == "utc" || name == "Z" || name == "GMT") return TimeZone();
  if (const auto offset = fixed_offset(name)) return fixed(*offset);
  std::string path;
  if (name == "local" || name == "Local") {
    path = "/etc/localtime";
  } else if (is_zone_name(name)) {
    path = std::string(kZoneDirectory) + "/" + std::string(name);
  } else {
    return failure(Errc::invalid_data, "'" + std::string(name) +
                                           "' is not a time zone: write UTC, +01:00, "
                                           "Europe/Berlin or local");
  }
  const std::string doing = "reading the time zone " + path;
  auto file = files.open(path, OpenMode::read);
  if (!file) return std::unexpected(std::move(file.error()).during(doing));
  std::string bytes(kMaxZoneBytes, '\0');
  const auto size = (*file)->read_at(bytes, 0);
  if (!size) return std::unexpected(Error(size.error()).during(doing));
  bytes.resize(*size);
  auto zone = from_tzif(bytes);
  if (!zone) return std::unexpected(std::move(zone.error()).during(doing));
  return zone;
}

Result<TimeZone> TimeZone::from_tzif(std::string_view bytes) {
  const auto broken = [] { return failure(Errc::invalid_data, "not a TZif file (RFC 8536)"); };
  Bytes in(bytes);
  auto header = Header::read(in);
  if (!header) return broken();
  std::size_t time_size = 4;
  if (header->version >= '2') {  // the same again with 64-bit times
    in.take(header->body(4));
    header = Header::read(in);
    if (!header) return broken();
    time_size = 8;
  }

  std::vector<std::int64_t> times(header->times);
  for (std::int64_t& time : times) time = in.integer(time_size);
  const std::string_view indexes = in.take(header->times);
  struct Type {
    std::int32_t offset;
    bool summer;
    std::size_t name;
  };
  std::vector<Type> types;
  for (std::size_t i = 0; i < header->types && in.ok(); ++i) {
    const auto offset = static_cast<std::int32_t>(in.integer(4));
    const bool summer = in.integer(1) != 0;
    types.push_back({offset, summer, static_cast<std::size_t>(in.integer(1) & 0xFF)});
    if (offset > kMaxOffset || offset < -kMaxOffset) return broken();
  }
  const std::string_view characters = in.take(header->characters);
  in.take(header->leaps * (time_size + 4) + header->standard_flags + header->utc_flags);
  if (!in.ok()) return broken();

  auto data = std::make_shared<Data>();
  data->periods.push_back({kBeginning, types[0].offset});
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= types.size()) return broken();
    data->append(times[i], types[type].offset);
  }
  for (auto type = types.rbegin(); type != types.rend(); ++type) {
    if (type->name >= characters.size()) return broken();
    const std::string_view from = characters.substr(type->name);
    data->abbreviations.emplace_back(from.substr(0, from.find('\0')), type->offset);
  }
  if (header->version >= '2' && in.rest().starts_with('\n')) {
    const std::string_view footer = in.rest().substr(1);
    if (const auto rule = PosixZone::parse(footer.substr(0, footer.find('\n')))) {
      data->extend(*rule);
    }
  }
  return TimeZone(std::move(data));
}

std::int64_t TimeZone::to_unix(std::int64_t local) const noexcept {
  if (data_ == nullptr) return local - offset_;
  const auto& periods = data_->periods;
  // The period that is certainly over or has just begun at that local time; from there upwards the
  // first one whose local end is later has the time, or follows a gap that has it.
  const auto later = std::upper_bound(
      periods.begin(), periods.end(), local - kMaxOffset,
      [](std::int64_t time, const Data::Period& period) { return time < period.start; });
  auto at = later == periods.begin() ? later : std::prev(later);
  while (std::next(at) != periods.end() && local >= std::next(at)->start + at->offset) ++at;
  if (at != periods.begin() && local < at->start + at->offset) return local - std::prev(at)->offset;
  return local - at->offset;
}

std::optional<std::int32_t> TimeZone::offset_of(std::string_view abbreviation) const noexcept {
  if (data_ == nullptr) return std::nullopt;
  for (const auto& [name, offset] : data_->abbreviations)
    if (name == abbreviation) return offset;
  return std::nullopt;
}

}  // namespace pipeline
