#include "plugins/transforms/limit/burst.h"

#include <charconv>

#include "pipeline/config/units.h"

namespace pipeline {

bool Decode<plugins::transforms::limit::Burst>::decode(const Node& node,
                                                       plugins::transforms::limit::Burst& out,
                                                       DecodeContext& context) {
  const auto used = context.text(node, "a number of records or a size");
  if (!used) return false;
  if (used->has_placeholder) return true;
  const std::string& text = used->text;
  std::uint64_t records = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), records);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
    out = {.amount = static_cast<double>(records), .in_bytes = false};
    return true;
  }
  const auto size = parse_size(text);
  if (!size) {
    context.bad_value(node, text, "a number of records or a size", size.error().message)
        .hint("write 2000, or 10MiB where the rate is in bytes");
    return false;
  }
  out = {.amount = static_cast<double>(size->bytes), .in_bytes = true};
  return true;
}

TypeInfo Decode<plugins::transforms::limit::Burst>::describe() {
  return {.name = "integer or size", .json = R"({"type":["integer","string"]})"};
}

}  // namespace pipeline
