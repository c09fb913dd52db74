#include "tests/support/loki_standin/script.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <array>

namespace loki_standin {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr std::array<std::pair<std::string_view, Step::Behaviour>, 7> kBehaviours{{
    {"answer", Step::Behaviour::answer},
    {"normal", Step::Behaviour::normal},
    {"reset_mid_body", Step::Behaviour::reset_mid_body},
    {"reset_before_answer", Step::Behaviour::reset_before_answer},
    {"reset_after_accept", Step::Behaviour::reset_after_accept},
    {"hang", Step::Behaviour::hang},
    {"slow_read", Step::Behaviour::slow_read},
}};

std::expected<void, std::string> decode_member(const std::string& name, const Value& value,
                                               Step& step) {
  const auto whole = static_cast<std::int64_t>(value.number_value());
  if (name == "behaviour") {
    for (const auto& [known, behaviour] : kBehaviours) {
      if (known == value.string_value()) {
        step.behaviour = behaviour;
        return {};
      }
    }
    return std::unexpected(fmt::format("unknown behaviour '{}'", value.string_value()));
  }
  if (name == "status") {
    step.status = static_cast<int>(whole);
  } else if (name == "body") {
    step.body = value.string_value();
  } else if (name == "headers") {
    for (const auto& [header, text] : value.struct_value().fields()) {
      step.headers.emplace_back(header, text.string_value());
    }
  } else if (name == "store") {
    step.store = value.bool_value();
  } else if (name == "close") {
    step.close = value.bool_value();
  } else if (name == "after_bytes") {
    step.after_bytes = static_cast<std::uint64_t>(whole);
  } else if (name == "bytes_per_second") {
    step.bytes_per_second = static_cast<std::uint64_t>(whole);
  } else if (name == "delay_ms") {
    step.delay = std::chrono::milliseconds(whole);
  } else if (name == "hang_ms") {
    step.hang = std::chrono::milliseconds(whole);
  } else if (name == "count") {
    step.count = static_cast<std::uint64_t>(whole);
  } else if (name == "duration_ms") {
    step.duration = std::chrono::milliseconds(whole);
  } else {
    return std::unexpected(fmt::format("unknown member '{}'", name));
  }
  return {};
}

}  // namespace

std::expected<void, std::string> Script::append(std::string_view json) {
  Struct document;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &document).ok()) {
    return std::unexpected("the script is not JSON");
  }
  const auto list = document.fields().find("steps");
  if (list == document.fields().end() || !list->second.has_list_value()) {
    return std::unexpected("the script has no \"steps\"");
  }
  std::vector<Step> steps;
  for (const Value& item : list->second.list_value().values()) {
    Step step;
    for (const auto& [name, value] : item.struct_value().fields()) {
      if (auto decoded = decode_member(name, value, step); !decoded) return decoded;
    }
    steps.push_back(std::move(step));
  }
  const std::lock_guard lock(mutex_);
  steps_.insert(steps_.end(), steps.begin(), steps.end());
  return {};
}

std::optional<Step> Script::next(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  while (!steps_.empty()) {
    Step& front = steps_.front();
    if (front.duration.count() != 0) {
      if (!began_) began_ = now;
      if (now - *began_ < front.duration) return front;
      began_.reset();
      steps_.pop_front();
      continue;
    }
    if (front.count > 0) {
      --front.count;
      Step step = front;
      if (front.count == 0) steps_.pop_front();
      return step;
    }
    steps_.pop_front();
  }
  return std::nullopt;
}

void Script::clear() {
  const std::lock_guard lock(mutex_);
  steps_.clear();
  began_.reset();
}

std::size_t Script::steps_left() {
  const std::lock_guard lock(mutex_);
  return steps_.size();
}

}  // namespace loki_standin
