#include "pipeline/config/secret.h"

#include <mutex>
#include <utility>

#include "pipeline/config/substitution.h"

namespace pipeline {

struct Secret::State {
  std::string path;  // "" for a literal
  FileSystem* files = nullptr;

  // Held while the file is read: the requests that wait for it need the new value anyway.
  std::mutex mutex;
  std::string value;
  FileStatus seen;
  bool was_read = false;

  static bool same(const FileStatus& a, const FileStatus& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.modified_ns == b.modified_ns;
  }

  // REQUIRES: the mutex is held.
  Result<> read() {
    // The status first: a change in between is then seen the next time.
    const auto status = files->status(path);
    if (!status) return std::unexpected(status.error());
    auto text = read_text_file(*files, path, kMaxValueFileBytes);
    if (!text) return std::unexpected(std::move(text).error());
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    value = std::move(*text);
    seen = *status;
    was_read = true;
    return {};
  }
};

Secret::Secret() : state_(std::make_shared<State>()) {}

Secret::Secret(std::string literal) : Secret() { state_->value = std::move(literal); }

Secret Secret::from_file(std::string path, FileSystem& files) {
  Secret secret;
  secret.state_->path = std::move(path);
  secret.state_->files = &files;
  return secret;
}

std::string Secret::reveal() const {
  State& state = *state_;
  const std::scoped_lock lock(state.mutex);
  if (state.files != nullptr) {
    const auto status = state.files->status(state.path);
    // A file that is gone or unreadable now leaves the value that we have: the receiver's answer is
    // what tells whether it is still good.
    if (!state.was_read || (status && !State::same(*status, state.seen))) (void)state.read();
  }
  return state.value;
}

Result<> Secret::refresh() const {
  State& state = *state_;
  if (state.files == nullptr) return {};
  const std::scoped_lock lock(state.mutex);
  return state.read();
}

bool Secret::is_file() const noexcept { return state_->files != nullptr; }

std::string Secret::path() const { return state_->path; }

bool Secret::empty() const { return !is_file() && reveal().empty(); }

std::string print(const Secret&) { return "<secret>"; }

}  // namespace pipeline
