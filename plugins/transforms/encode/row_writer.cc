#include "plugins/transforms/encode/row_writer.h"

#include "pipeline/codec/json_write.h"
#include "plugins/transforms/encode/patch.h"

namespace plugins::transforms::encode {

using pipeline::append_json_string;
using pipeline::Value;

namespace {

bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\x7f' && c != '\\';
}

}  // namespace

void write_json(std::string& out, const std::vector<Member>& members) {
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, members[i].name);
    out += ':';
    append_json_value(out, members[i].value);
  }
  out += '}';
}

void write_logfmt(std::string& out, const std::vector<Member>& members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ' ';
    if (members[i].name.empty()) out += '_';
    for (const char c : members[i].name) out += is_plain(c) ? c : '_';
    out += '=';
    const Value& value = members[i].value;
    if (!value.has_text()) {
      out += "null";
      continue;
    }
    bool plain = !value.text().empty();
    for (const char c : value.text()) plain = plain && is_plain(c);
    if (plain) {
      out += value.text();
    } else {
      append_json_string(out, value.text());
    }
  }
}

}  // namespace plugins::transforms::encode
