#include "pipeline/config/substitution.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace pipeline {
namespace {

bool begins_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

constexpr std::string_view kFilePrefix = "file:";

// What stands in for an unset variable where no option could be asked: it must pass for a URL, a
// port or a word, whichever the name promises.
std::string placeholder_for(std::string_view name) {
  if (name.ends_with("URL") || name.ends_with("url")) return "http://placeholder.invalid";
  if (name.ends_with("PORT") || name.ends_with("port")) return "1";
  return "placeholder";
}

}  // namespace

Substitution::Variables process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    // Nobody calls setenv() in this process.
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<std::string> read_text_file(FileSystem& files, const std::string& path,
                                   std::size_t bytes_max) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return std::unexpected(std::move(file).error());
  const auto status = (*file)->status();
  if (status && status->kind == FileKind::directory) {
    return failure(Errc::invalid_data, path + " is a directory");
  }
  std::string text;
  static constexpr std::size_t kStep = std::size_t{64} << 10;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const auto read = (*file)->read_at(std::span(text).subspan(before), before);
    if (!read) return std::unexpected(read.error());
    text.resize(before + *read);
    if (text.size() > bytes_max) {
      return failure(Errc::invalid_data,
                     fmt::format("{} is larger than {} bytes", path, bytes_max));
    }
    if (*read < kStep) return text;
  }
}

Substitution::Substitution(FileSystem& files) : Substitution(process_environment(), files) {}

Substitution::Substitution(Variables variables, FileSystem& files)
    : variables_(std::move(variables)), files_(files) {}

bool Substitution::is_needed(std::string_view text) noexcept {
  return text.find("${") != std::string_view::npos;
}

std::optional<std::string> Substitution::file_reference(std::string_view text) {
  if (!text.starts_with("${file:") || !text.ends_with("}")) return std::nullopt;
  const std::string_view path = text.substr(7, text.size() - 8);
  if (path.empty() || path.find('}') != std::string_view::npos) return std::nullopt;
  return std::string(path);
}

std::optional<Substitution::Used> Substitution::apply(const Node& scalar,
                                                      Diagnostics& diagnostics) {
  const std::string& text = scalar.text;
  Used used;
  bool ok = true;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t at = text.find("${", i);
    if (at == std::string::npos) break;
    if (at > i && text[at - 1] == '$') {  // $${ is a literal ${
      used.text.append(text, i, at - 1 - i).append("${");
      i = at + 2;
      continue;
    }
    used.text.append(text, i, at - i);
    const std::string_view inside = std::string_view(text).substr(at + 2);
    std::size_t name_end = 0;
    while (name_end < inside.size() && continues_name(inside[name_end])) ++name_end;
    if (inside.empty() || !begins_name(inside.front())) {  // ${1}, ${}, ${.x}
      used.text.append("${");
      i = at + 2;
      continue;
    }
    const std::size_t close = inside.find('}');
    const Location where =
        locate(scalar, at, close == std::string_view::npos ? text.size() - at : close + 3);
    if (close == std::string_view::npos) {
      diagnostics.error("E0118", where, "the variable reference is not closed by '}'")
          .hint("write $${ for a literal ${");
      return std::nullopt;
    }
    i = at + 2 + close + 1;
    if (inside.starts_with(kFilePrefix)) {
      const std::string path(inside.substr(kFilePrefix.size(), close - kFilePrefix.size()));
      used.names.push_back("file:" + path);
      if (static_mode_) {
        used.text += "placeholder";
        used.has_placeholder = true;
        continue;
      }
      auto read = read_text_file(files_, path, kMaxValueFileBytes);
      if (!read) {
        diagnostics.error("E0112", where, read.error().message());
        ok = false;
        continue;
      }
      if (read->ends_with('\n')) read->pop_back();
      if (read->ends_with('\r')) read->pop_back();
      used.text += *read;
      continue;
    }
    const std::string name(inside.substr(0, name_end));
    const std::string_view form = inside.substr(name_end, close - name_end);
    const bool has_default = form.starts_with(":-");
    const bool has_message = form.starts_with(":?");
    if (!form.empty() && !has_default && !has_message) {
      diagnostics
          .error("E0118", where,
                 fmt::format("'${{{}}}' is no variable reference", inside.substr(0, close)))
          .hint(fmt::format("forms are ${{{0}}}, ${{{0}:-default}} and ${{{0}:?message}}; write "
                            "$${{ for a literal ${{",
                            name));
      ok = false;
      continue;
    }
    used.names.push_back(name);
    auto value = variables_(name);
    if (value && value->empty() && (has_default || has_message)) value.reset();
    if (value) {
      used.text += *value;
    } else if (has_default) {
      used.text += form.substr(2);
    } else if (static_mode_) {
      used.text += placeholder_for(name);
      used.has_placeholder = true;
      if (std::ranges::none_of(unset_, [&](const Unset& known) { return known.name == name; })) {
        unset_.push_back({name, where});
      }
    } else {
      std::string message = fmt::format("the environment variable {} is not set", name);
      if (has_message) message = fmt::format("{}: {}", name, form.substr(2));
      diagnostics.error("E0111", where, std::move(message))
          .hint(fmt::format("set it, or give a default: ${{{}:-value}}", name));
      ok = false;
    }
  }
  if (!ok) return std::nullopt;
  used.text.append(text, i, std::string::npos);
  return used;
}

}  // namespace pipeline
