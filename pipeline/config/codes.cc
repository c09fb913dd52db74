#include "pipeline/config/codes.h"

namespace pipeline {

std::vector<const CodeInfo*> all_codes() {
  std::vector<const CodeInfo*> all;
  for (const auto part : {option_codes(), wiring_codes(), expression_codes(), warning_codes()}) {
    for (const CodeInfo& info : part) all.push_back(&info);
  }
  return all;
}

const CodeInfo* find_code(std::string_view code) {
  for (const CodeInfo* info : all_codes()) {
    if (info->code == code) return info;
  }
  return nullptr;
}

}  // namespace pipeline
