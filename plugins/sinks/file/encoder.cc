#include "plugins/sinks/file/encoder.h"

#include <algorithm>
#include <utility>

#include "pipeline/codec/record_json.h"

namespace plugins::sinks::file {

using pipeline::Encoded;
using pipeline::LogBatch;

bool KnownFiles::admit(const std::string& path) {
  if (max_ == 0) return true;
  const std::lock_guard lock(mutex_);
  if (paths_.contains(path)) return true;
  if (paths_.size() >= max_) return false;
  paths_.insert(path);
  return true;
}

std::size_t LineEncoder::append(const LogBatch& batch, const pipeline::Selection& live,
                                std::size_t begin, std::size_t end, std::size_t limit_bytes) {
  path_.start(batch);
  for (std::size_t row = begin; row < end; ++row) {
    if (!live.test(row)) continue;
    path_.render(row, rendered_);
    if (current_request_ == nullptr || rendered_ != current_) {
      current_request_ = request_of(rendered_);
      current_ = rendered_;
      if (current_request_ == nullptr) {
        ++refused_;
        continue;
      }
    }
    Encoded& request = *current_request_;
    const std::size_t before = request.body.size();
    if (format_ == Format::json) {
      pipeline::append_record_json(request.body, batch, row);
    } else {
      request.body += batch.body[row];
    }
    request.body.push_back('\n');
    const pipeline::UnixNanos time = batch.time[row];
    request.oldest = request.records == 0 ? time : std::min(request.oldest, time);
    request.newest = request.records == 0 ? time : std::max(request.newest, time);
    ++request.records;
    ++records_;
    bytes_ += request.body.size() - before;
    if (bytes_ >= limit_bytes) return row + 1;
  }
  return end;
}

Encoded* LineEncoder::request_of(const std::string& path) {
  const auto found = requests_.find(path);
  if (found != requests_.end()) return &found->second;
  if (!known_.admit(path)) {
    log_.warn(id_,
              "records ask for more files than `max_files`: those of further files are lost "
              "(overflow); use a value with fewer values in `path`, or raise it");
    return nullptr;
  }
  order_.push_back(path);
  Encoded& request = requests_[path];
  request.tenant = path;
  return &request;
}

std::vector<Encoded> LineEncoder::finish() {
  std::vector<Encoded> requests;
  requests.reserve(order_.size());
  for (const std::string& path : order_) requests.push_back(std::move(requests_[path]));
  requests_.clear();
  order_.clear();
  current_request_ = nullptr;
  bytes_ = 0;
  records_ = 0;
  return requests;
}

std::vector<pipeline::Refused> LineEncoder::take_refused() {
  if (refused_ == 0) return {};
  return {{"overflow", std::exchange(refused_, 0)}};
}

}  // namespace plugins::sinks::file
