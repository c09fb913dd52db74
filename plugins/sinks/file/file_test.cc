#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/codec/zstd.h"
#include "plugins/sinks/file/encoder.h"
#include "plugins/sinks/file/path.h"
#include "plugins/sinks/file/writer.h"

namespace plugins::sinks::file {
namespace {

using namespace pipeline;
using testing::ElementsAre;
using testing::HasSubstr;
namespace stdfs = std::filesystem;

class Directory {
 public:
  Directory() {
    std::string name = (stdfs::temp_directory_path() / "sluice_file_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { stdfs::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ + "/" + name, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : stdfs::recursive_directory_iterator(path_))
      if (entry.is_regular_file()) names.push_back(stdfs::relative(entry.path(), path_).string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

class StoppedClock final : public Clock {
 public:
  Instant now() const override { return instant; }
  UnixNanos unix_now() const override { return 1'700'000'000'000'000'000; }
  Task<> sleep_until(Instant) override { co_return; }
  Instant instant{};
};

// The system's files, with room for only so many bytes.
class SmallDisk final : public FileSystem {
 public:
  std::uint64_t room = std::uint64_t{1} << 40;
  bool can_truncate = true;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    return wrap(system_.open(path, mode));
  }
  Result<std::unique_ptr<File>> open_beneath(const std::string& root,
                                             const std::string& relative) override {
    return wrap(system_.open_beneath(root, relative));
  }
  Result<FileStatus> status(const std::string& path) override { return system_.status(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return system_.list(path);
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    return system_.rename(from, to);
  }
  Result<> remove(const std::string& path) override { return system_.remove(path); }
  Result<> make_directories(const std::string& path) override {
    return system_.make_directories(path);
  }
  Result<> sync_directory(const std::string& path) override { return system_.sync_directory(path); }

 private:
  struct Wrapped final : File {
    Wrapped(std::unique_ptr<File> file, SmallDisk& disk) : file_(std::move(file)), disk_(disk) {}
    Result<std::size_t> read_at(std::span<char> into, std::uint64_t at) override {
      return file_->read_at(into, at);
    }
    Result<> write_at(std::string_view bytes, std::uint64_t at) override {
      const auto fits = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), disk_.room));
      disk_.room -= fits;
      Result<> written = file_->write_at(bytes.substr(0, fits), at);
      if (fits < bytes.size()) return failure(Errc::unavailable, "no space left on device");
      return written;
    }
    Result<FileStatus> status() override { return file_->status(); }
    Result<> sync() override { return file_->sync(); }
    Result<> truncate(std::uint64_t size) override {
      if (!disk_.can_truncate) return failure(Errc::unavailable, "truncate");
      return file_->truncate(size);
    }
    int descriptor() const override { return file_->descriptor(); }
    std::unique_ptr<File> file_;
    SmallDisk& disk_;
  };
  Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> opened) {
    if (!opened) return opened;
    return std::make_unique<Wrapped>(std::move(*opened), *this);
  }
  SystemFileSystem system_;
};

struct Fixture {
  Directory directory;
  NullLog log;
  StoppedClock clock;
  SmallDisk fs;
  Meters meters;
  MeterScope scope = meters.scope();
  Context context{"sink/file", log, clock, fs, meters, scope, "box"};

  FileWriter writer(WriterOptions options = {}) {
    options.root = directory.path();
    return FileWriter(options, context);
  }
  static bool send(FileWriter& writer, const std::string& path, const std::string& body) {
    Encoded request;
    request.tenant = path;
    request.body = body;
    bool ok = false;
    asio::io_context io;
    asio::co_spawn(
        io,
        [](FileWriter& to, const Encoded& what, bool& done) -> Task<> {
          Task<Result<Response>> sending = to.send(what, Instant::max());
          const Result<Response> answer = co_await std::move(sending);
          done = answer.has_value();
        }(writer, request, ok),
        asio::detached);
    io.run();
    return ok;
  }
};

Text text(std::string_view source) { return Text::compile(source).value_or(Text()); }

TEST(PathTemplate, needs_a_fixed_directory_in_front_of_names) {
  const struct {
    const char* path;
    const char* root;
  } cases[] = {
      {"/a/b/c.log", "/a/b"},   {"c.log", "."}, {"logs/{x}.log", "logs"},
      {"/a/x-{n}/b.log", "/a"}, {"/c.log", ""}, {"/a/{b}/c/{d|e}.log", "/a"},
  };
  for (const auto& c : cases) {
    const auto made = PathTemplate::make(text(c.path), "");
    ASSERT_TRUE(made) << c.path;
    EXPECT_EQ(made->root(), c.root) << c.path;
  }
  for (const char* path :
       {"{x}/a.log", "{x}", "a-{x}.log", "/{x}/a.log", "/a/", "", "/a/{x}/b c.log"})
    EXPECT_FALSE(PathTemplate::make(text(path), "")) << path;
}

TEST(PathTemplate, values_of_records_never_lead_elsewhere) {
  const struct {
    const char* value;
    const char* path;
  } cases[] = {
      {"web", "web/x-web.log"},
      {"../../etc", ".._.._etc/x-.._.._etc.log"},
      {"..", "__/x-...log"},
      {".", "_/x-..log"},
      {"a/b", "a_b/x-a_b.log"},
      {"a\0b", "a/x-a.log"},
      {"sp ace\n", "sp_ace_/x-sp_ace_.log"},
  };
  for (const auto& c : cases) {
    auto path = PathTemplate::make(text("/archive/{v}/x-{v}.log"), "").value();
    FieldPlan plan;
    path.bind(plan, "");
    LogBatch batch;
    batch.bind(plan);
    batch.append("", 0, 0, batch.label_index(LabelSet::empty()));
    batch.field_for_write(plan.find("v"))[0] = Value::string(c.value);
    path.start(batch);
    std::string out;
    path.render(0, out);
    EXPECT_EQ(out, c.path) << c.value;
  }
}

TEST(PathTemplate, a_missing_value_has_a_name_of_its_own) {
  auto path = PathTemplate::make(text("/archive/{v}/x.log"), ".zst").value();
  FieldPlan plan;
  path.bind(plan, "");
  LogBatch batch;
  batch.bind(plan);
  batch.append("", 0, 0, batch.label_index(LabelSet::empty()));
  path.start(batch);
  std::string out;
  path.render(0, out);
  EXPECT_EQ(out, "_missing/x.log.zst");
}

TEST(LineEncoder, has_one_request_for_each_file_and_bounds_their_number) {
  Fixture f;
  auto path = PathTemplate::make(text("/archive/{$label.app}.log"), "").value();
  FieldPlan plan;
  path.bind(plan, "");
  KnownFiles known(2);
  LineEncoder encoder(std::move(path), Format::line, known, f.log, "sink/file");
  LogBatch batch;
  batch.bind(plan);
  for (const char* app : {"a", "b", "a", "c"})
    batch.append(app, 5, 0, batch.label_index(LabelSet::make({{"app", app}})));
  batch.frame.live.reset(4);
  EXPECT_EQ(encoder.append(batch, batch.frame.live, 0, 4, 1 << 20), 4u);
  EXPECT_EQ(encoder.records(), 3u);
  const auto refused = encoder.take_refused();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].reason, "overflow");
  const auto requests = encoder.finish();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].tenant, "a.log");
  EXPECT_EQ(requests[0].body, "a\na\n");
  EXPECT_EQ(requests[1].body, "b\n");
}

TEST(FileWriter, appends_and_makes_directories) {
  Fixture f;
  {
    auto writer = f.writer();
    EXPECT_TRUE(f.send(writer, "a/b/x.log", "1\n"));
    EXPECT_TRUE(f.send(writer, "a/b/x.log", "2\n"));
  }
  auto again = f.writer();
  EXPECT_TRUE(f.send(again, "a/b/x.log", "3\n"));
  EXPECT_EQ(f.directory.read("a/b/x.log"), "1\n2\n3\n");
}

TEST(FileWriter, a_full_disk_leaves_no_half_line) {
  for (const bool can_truncate : {true, false}) {
    Fixture f;
    auto writer = f.writer();
    ASSERT_TRUE(f.send(writer, "x.log", "first\n"));
    f.fs.room = 3;
    f.fs.can_truncate = can_truncate;
    EXPECT_FALSE(f.send(writer, "x.log", "second\n"));
    if (can_truncate) {
      EXPECT_EQ(f.directory.read("x.log"), "first\n");
    }
    f.fs.can_truncate = true;
    f.fs.room = 1000;
    EXPECT_TRUE(f.send(writer, "x.log", "2\n"));
    EXPECT_EQ(f.directory.read("x.log"), "first\n2\n");
  }
}

TEST(FileWriter, cuts_the_half_line_that_a_crash_has_left_but_no_line_of_others) {
  const struct {
    std::string before, after;
  } cases[] = {
      {"{\"time\":\"1\"}\n{\"time\":\"2", "{\"time\":\"1\"}\nnew\n"},
      {"{\"ti", "new\n"},
      {"their last line", "their last line\nnew\n"},
      {"whole\n", "whole\nnew\n"},
  };
  for (const auto& c : cases) {
    Fixture f;
    std::ofstream(f.directory.path() + "/x.log") << c.before;
    auto writer = f.writer();
    EXPECT_TRUE(f.send(writer, "x.log", "new\n"));
    EXPECT_EQ(f.directory.read("x.log"), c.after);
  }
}

TEST(FileWriter, rotates_by_size_and_age) {
  Fixture f;
  auto writer = f.writer({.root = {}, .rotate_bytes = 10, .rotate_age = std::chrono::hours(1)});
  EXPECT_TRUE(f.send(writer, "x.log", "12345678\n"));
  EXPECT_TRUE(f.send(writer, "x.log", "a\n"));
  EXPECT_TRUE(f.send(writer, "x.log", "larger than the bound\n"));
  EXPECT_THAT(f.directory.names(),
              ElementsAre("x.log", "x.log.20231114T221320Z", "x.log.20231114T221320Z.1"));
  EXPECT_EQ(f.directory.read("x.log.20231114T221320Z"), "12345678\n");
  EXPECT_EQ(f.directory.read("x.log.20231114T221320Z.1"), "a\n");
  f.clock.instant += std::chrono::hours(1);
  EXPECT_TRUE(f.send(writer, "x.log", "b\n"));
  EXPECT_EQ(f.directory.read("x.log.20231114T221320Z.2"), "larger than the bound\n");
  EXPECT_EQ(f.directory.read("x.log"), "b\n");
}

TEST(FileWriter, frames_are_not_added_to_a_file_of_an_earlier_run) {
  Fixture f;
  ZstdCompressor compressor;
  std::string first, second;
  ASSERT_TRUE(compressor.compress("1\n", first));
  ASSERT_TRUE(compressor.compress("2\n", second));
  std::ofstream(f.directory.path() + "/x.log.zst") << first.substr(0, first.size() - 2);
  auto writer = f.writer({.root = {}, .open_max = 1, .appends_frames = true});
  EXPECT_TRUE(f.send(writer, "x.log.zst", first));
  EXPECT_TRUE(f.send(writer, "y.log.zst", first));  // closes x
  EXPECT_TRUE(f.send(writer, "x.log.zst", second));
  EXPECT_THAT(f.directory.names(),
              ElementsAre("x.log.20231114T221320Z.zst", "x.log.zst", "y.log.zst"));
  std::string text;
  ASSERT_TRUE(ZstdDecompressor().decompress(f.directory.read("x.log.zst"), 100, text));
  EXPECT_EQ(text, "1\n2\n");
}

TEST(FileWriter, follows_a_file_that_was_moved_away) {
  Fixture f;
  auto writer = f.writer();
  EXPECT_TRUE(f.send(writer, "x.log", "1\n"));
  stdfs::rename(f.directory.path() + "/x.log", f.directory.path() + "/old");
  EXPECT_TRUE(f.send(writer, "x.log", "2\n"));
  EXPECT_EQ(f.directory.read("old"), "1\n");
  EXPECT_EQ(f.directory.read("x.log"), "2\n");
}

TEST(FileWriter, follows_no_symlink_below_its_root) {
  Fixture f;
  Directory elsewhere;
  stdfs::create_directory_symlink(elsewhere.path(), f.directory.path() + "/link");
  stdfs::create_symlink(elsewhere.path() + "/target", f.directory.path() + "/file");
  auto writer = f.writer();
  EXPECT_FALSE(f.send(writer, "link/x.log", "1\n"));
  EXPECT_FALSE(f.send(writer, "file", "1\n"));
  EXPECT_THAT(elsewhere.names(), ElementsAre());
}

}  // namespace
}  // namespace plugins::sinks::file
