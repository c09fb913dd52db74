#pragma once

#include <string_view>

// The codes of this layer; config/codes_expression.cc explains them.
namespace pipeline::expr_code {

inline constexpr std::string_view kSyntax = "E0301";
inline constexpr std::string_view kForeignSpelling = "E0302";
inline constexpr std::string_view kUnknownFunction = "E0303";
inline constexpr std::string_view kArguments = "E0304";
inline constexpr std::string_view kTypes = "E0305";
inline constexpr std::string_view kPattern = "E0306";
inline constexpr std::string_view kLiteral = "E0307";
inline constexpr std::string_view kName = "E0308";
inline constexpr std::string_view kTooLarge = "E0309";
inline constexpr std::string_view kText = "E0310";
inline constexpr std::string_view kLabelName = "E0311";
inline constexpr std::string_view kDuplicateLabel = "E0312";
inline constexpr std::string_view kConstantLabel = "W-constant-label";

}  // namespace pipeline::expr_code
