#include "pipeline/flow/positions_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <vector>

namespace pipeline {
namespace {

using Key = std::pair<std::string, std::string>;  // scope, key

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      default: out.push_back(c);
    }
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    ++i;
    out.push_back(text[i] == 't' ? '\t' : text[i] == 'n' ? '\n' : text[i]);
  }
  return out;
}

std::string line_of(const Key& key, std::string_view value) {
  std::string rest;
  append_escaped(rest, key.first);
  rest.push_back('\t');
  append_escaped(rest, key.second);
  rest.push_back('\t');
  append_escaped(rest, value);
  return fmt::format("{:016x}\t{}\n", XXH3_64bits(rest.data(), rest.size()), rest);
}

// False for a line that is torn, flipped or not ours.
bool parse_line(std::string_view line, Key& key, std::string& value) {
  constexpr std::size_t kSum = 16;
  if (line.size() < kSum + 1 || line[kSum] != '\t') return false;
  std::uint64_t sum = 0;
  const auto [end, code] = std::from_chars(line.data(), line.data() + kSum, sum, 16);
  if (code != std::errc{} || end != line.data() + kSum) return false;
  const std::string_view rest = line.substr(kSum + 1);
  if (XXH3_64bits(rest.data(), rest.size()) != sum) return false;
  const std::size_t first = rest.find('\t');
  const std::size_t second = rest.find('\t', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  key = {unescaped(rest.substr(0, first)), unescaped(rest.substr(first + 1, second - first - 1))};
  value = unescaped(rest.substr(second + 1));
  return true;
}

}  // namespace

struct PositionsFile::State {
  FileSystem* fs = nullptr;
  Log* log = nullptr;
  std::string path;
  std::unique_ptr<File> file;  // null in memory
  std::uint64_t end = 0;       // where the next record goes
  std::uint64_t live_bytes = 0;
  std::uint64_t broken = 0;
  std::map<Key, std::string> values;
  std::set<Key> dirty;
  mutable std::mutex mutex;

  void put(Key key, std::string_view value) {
    if (value.empty()) {
      values.erase(key);
    } else {
      values[key] = value;
    }
  }

  Result<> append(const std::string& text) {
    if (!file) return {};
    Result<> written = file->write_at(text, end);
    if (!written) {
      // What was written of it is cut off, so that the next record starts on a line of its own.
      [[maybe_unused]] const Result<> cut = file->truncate(end);
      return written;
    }
    end += text.size();
    return {};
  }

  Result<> compact() {
    std::string text;
    for (const auto& [key, value] : values) text += line_of(key, value);
    const std::string temporary = path + ".new";
    auto fresh = fs->open(temporary, OpenMode::read_write);
    if (!fresh) return std::unexpected(fresh.error());
    Result<> step = (*fresh)->truncate(0);
    if (step) step = (*fresh)->write_at(text, 0);
    if (step) step = (*fresh)->sync();
    if (step) step = fs->rename(temporary, path);
    if (!step) {
      [[maybe_unused]] const Result<> removed = fs->remove(temporary);
      return step;
    }
    file = std::move(*fresh);
    end = live_bytes = text.size();
    [[maybe_unused]] const Result<> synced = fs->sync_directory(path.substr(0, path.rfind('/') + 1));
    return {};
  }
};

class PositionsFile::Scope final : public PositionStore {
 public:
  Scope(State& state, std::string name) : state_(state), name_(std::move(name)) {}

  std::vector<std::pair<std::string, std::string>> load() override {
    const std::lock_guard lock(state_.mutex);
    std::vector<std::pair<std::string, std::string>> found;
    for (auto entry = state_.values.lower_bound({name_, ""});
         entry != state_.values.end() && entry->first.first == name_; ++entry)
      found.emplace_back(entry->first.second, entry->second);
    return found;
  }

  void save(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(state_.mutex);
    Key full{name_, std::string(key)};
    state_.put(full, value);
    state_.dirty.insert(std::move(full));
  }

  Result<> save_now(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(state_.mutex);
    Key full{name_, std::string(key)};
    state_.put(full, value);
    state_.dirty.erase(full);
    Result<> written = state_.append(line_of(full, value));
    if (!written) state_.dirty.insert(std::move(full));
    return written;
  }

  void erase(std::string_view key) override { save(key, ""); }

 private:
  State& state_;
  std::string name_;
};

PositionsFile::PositionsFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
PositionsFile::~PositionsFile() = default;

std::unique_ptr<PositionsFile> PositionsFile::in_memory() {
  return std::unique_ptr<PositionsFile>(new PositionsFile(std::make_unique<State>()));
}

Result<std::unique_ptr<PositionsFile>> PositionsFile::open(FileSystem& fs, Log& log, std::string path) {
  auto state = std::make_unique<State>();
  state->fs = &fs;
  state->log = &log;
  state->path = std::move(path);
  auto file = fs.open(state->path, OpenMode::read_write);
  if (!file) return std::unexpected(std::move(file.error()).during("opening the positions"));
  state->file = std::move(*file);
  const Result<FileStatus> status = state->file->status();
  if (!status) return std::unexpected(status.error());
  std::string text(status->size, '\0');
  const Result<std::size_t> size = state->file->read_at(text, 0);
  if (!size) return std::unexpected(size.error());
  text.resize(*size);

  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t stop = newline == std::string::npos ? text.size() : newline;
    Key key;
    std::string value;
    if (newline != std::string::npos &&
        parse_line(std::string_view(text).substr(begin, stop - begin), key, value)) {
      state->put(std::move(key), value);
    } else if (stop > begin) {
      ++state->broken;
    }
    begin = stop + 1;
  }
  if (state->broken > 0) {
    log.warn("positions", fmt::format("skipped {} unreadable records in {}; files they spoke of may be "
                                      "sent again from an older position",
                                      state->broken, state->path));
  }
  // A fresh file each start: a torn tail goes, and live_bytes is known.
  const Result<> compacted = state->compact();
  if (!compacted) {
    // A full disk must not stop the agent: what can be read can be used, and writes are tried again.
    log.warn("positions", compacted.error().message());
    state->end = text.size();
    if (!text.empty() && text.back() != '\n') {
      [[maybe_unused]] const Result<> ended = state->append("\n");
    }
  }
  return std::unique_ptr<PositionsFile>(new PositionsFile(std::move(state)));
}

std::unique_ptr<PositionStore> PositionsFile::scope(std::string name) {
  return std::make_unique<Scope>(*state_, std::move(name));
}

std::vector<std::string> PositionsFile::scopes() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> names;
  for (const auto& [key, value] : state_->values)
    if (names.empty() || names.back() != key.first) names.push_back(key.first);
  return names;
}

void PositionsFile::adopt(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  const auto existing = state_->values.lower_bound({to, ""});
  if (existing != state_->values.end() && existing->first.first == to) return;
  std::vector<std::pair<std::string, std::string>> moved;
  for (auto entry = state_->values.lower_bound({from, ""});
       entry != state_->values.end() && entry->first.first == from;) {
    moved.emplace_back(entry->first.second, entry->second);
    state_->dirty.insert(entry->first);
    entry = state_->values.erase(entry);
  }
  for (auto& [key, value] : moved) {
    state_->values[{to, key}] = value;
    state_->dirty.insert({to, key});
  }
}

Result<> PositionsFile::flush() {
  const std::lock_guard lock(state_->mutex);
  if (state_->dirty.empty()) return {};
  std::string text;
  for (const Key& key : state_->dirty) {
    const auto entry = state_->values.find(key);
    text += line_of(key, entry == state_->values.end() ? std::string_view{} : entry->second);
  }
  if (state_->file && state_->end + text.size() > kCompactAt &&
      state_->end + text.size() > 4 * state_->live_bytes) {
    if (Result<> compacted = state_->compact(); compacted) {
      state_->dirty.clear();
      return {};
    }
  }
  Result<> written = state_->append(text);
  if (written) state_->dirty.clear();
  return written;
}

std::uint64_t PositionsFile::broken_records() const {
  const std::lock_guard lock(state_->mutex);
  return state_->broken;
}

}  // namespace pipeline
