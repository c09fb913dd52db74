#include "pipeline/expr/value_reader.h"

#include <chrono>
#include <cstring>

#include "pipeline/model/signal.h"

namespace pipeline {

void ValueReader::bind(FieldPlan& fields, std::string_view host_name) {
  switch (name_.kind) {
    case NameKind::field:
    case NameKind::row:
    case NameKind::attribute:
      if (!name_.text.empty()) slot_ = fields.read(name_.text);
      break;
    case NameKind::host:
      host_name_ = host_name.empty() ? machine_host_name() : std::string(host_name);
      break;
    default:
      break;
  }
}

void ValueReader::start(const LogBatch& batch) {
  using Layout = ColumnView::Layout;
  view_ = {};
  range_ = 0;
  const auto same_for_all = [&](std::string_view text) {
    ranges_.assign(1, {0, static_cast<std::uint32_t>(batch.rows()), Value::string(text), nullptr});
    view_.layout = Layout::ranges;
    view_.ranges = ranges_;
  };
  const Column* column = slot_ == kNoField ? nullptr : &batch.field(slot_);
  if (column != nullptr && column->empty()) column = nullptr;

  switch (name_.kind) {
    case NameKind::field:
    case NameKind::row:
      if (column == nullptr) break;
      view_.layout = Layout::values;
      view_.values = column->data();
      break;
    case NameKind::body:
      view_.layout = Layout::texts;
      view_.texts = batch.body.data();
      break;
    case NameKind::tenant:
      if (batch.tenant.empty()) break;
      view_.layout = Layout::texts;
      view_.texts = batch.tenant.data();
      view_.empty_is_missing = true;
      break;
    case NameKind::time:
      view_.layout = Layout::times;
      view_.times = batch.time.data();
      break;
    case NameKind::signal:
      same_for_all(name_of(Signal::logs));
      break;
    case NameKind::source:
      if (batch.frame.source) same_for_all(*batch.frame.source);
      break;
    case NameKind::host:
      same_for_all(host_name_);
      break;
    case NameKind::label:
      dictionary_.clear();
      for (const LabelSetRef& set : batch.label_sets) {
        const std::string* value = set->find(name_.key);
        dictionary_.push_back(value == nullptr ? Value{} : Value::string(*value));
      }
      if (dictionary_.empty()) break;
      view_.layout = Layout::dictionary;
      view_.values = dictionary_.data();
      view_.index = batch.labels.data();
      break;
    case NameKind::metadata:
      if (const LogBatch::MetadataColumn* found = batch.find_metadata(name_.key)) {
        view_.layout = Layout::texts;
        view_.texts = found->values.data();
      }
      break;
    case NameKind::attribute:
      ranges_.clear();
      for (const Part& part : batch.frame.parts) {
        const std::string* value = part.partition ? part.partition->attribute(name_.key) : nullptr;
        ranges_.push_back({part.first_row, part.first_row + part.rows,
                           value == nullptr ? Value{} : Value::string(*value),
                           value != nullptr || column == nullptr ? nullptr : column->data()});
      }
      if (!ranges_.empty()) {
        view_.layout = Layout::ranges;
        view_.ranges = ranges_;
      } else if (column != nullptr) {
        view_.layout = Layout::values;
        view_.values = column->data();
      }
      break;
  }
}

Value ValueReader::from_ranges(std::size_t row) noexcept {
  if (row < ranges_[range_].begin) range_ = 0;
  while (row >= ranges_[range_].end) {
    if (++range_ == ranges_.size()) {
      range_ = 0;
      return {};
    }
  }
  const ColumnView::Range& range = ranges_[range_];
  return range.values != nullptr ? range.values[row] : range.constant;
}

Value ValueReader::at(std::size_t row, Arena& arena) {
  switch (view_.layout) {
    case ColumnView::Layout::absent:
      return {};
    case ColumnView::Layout::values:
      return view_.values[row];
    case ColumnView::Layout::texts:
      return view_.text_at(row);
    case ColumnView::Layout::dictionary:
      return view_.values[view_.index[row]];
    case ColumnView::Layout::ranges:
      return from_ranges(row);
    case ColumnView::Layout::times:
      return Value::string(format_time(view_.times[row], arena));
  }
  return {};
}

std::string_view format_time(UnixNanos time, Arena& arena) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds(time)};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{point - day};

  char* const begin = arena.allocate(40);
  char* out = begin;
  const auto digits = [&out](std::uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
      out[i] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    out += width;
  };
  // UnixNanos reaches from 1677 to 2262: four digits.
  digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  digits(static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  digits(static_cast<unsigned>(date.day()), 2);
  *out++ = 'T';
  digits(static_cast<std::uint64_t>(clock.hours().count()), 2);
  *out++ = ':';
  digits(static_cast<std::uint64_t>(clock.minutes().count()), 2);
  *out++ = ':';
  digits(static_cast<std::uint64_t>(clock.seconds().count()), 2);
  if (const auto fraction = static_cast<std::uint64_t>(clock.subseconds().count()); fraction != 0) {
    *out++ = '.';
    digits(fraction, 9);
    while (out[-1] == '0') --out;
  }
  *out++ = 'Z';
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink_last(begin, size);
  return {begin, size};
}

}  // namespace pipeline
