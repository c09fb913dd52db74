#include "pipeline/expr/lexer.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/units.h"
#include "pipeline/expr/codes.h"
#include "pipeline/expr/convert.h"
#include "pipeline/expr/quoted.h"

namespace pipeline::expr {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Sign {
  std::string_view spelling;
  TokenKind kind;
  std::string_view ours;  // how we write it, when the spelling is another language's
};

// Longest first among those that begin alike.
constexpr Sign kSigns[] = {{"===", TokenKind::equal, "=="},
                           {"!==", TokenKind::not_equal, "!="},
                           {"!=~", TokenKind::not_match, "!~"},
                           {"==", TokenKind::equal, ""},
                           {"!=", TokenKind::not_equal, ""},
                           {"=~", TokenKind::match, ""},
                           {"!~", TokenKind::not_match, ""},
                           {"<=", TokenKind::less_equal, ""},
                           {">=", TokenKind::greater_equal, ""},
                           {"=<", TokenKind::less_equal, "<="},
                           {"=>", TokenKind::greater_equal, ">="},
                           {"<>", TokenKind::not_equal, "!="},
                           {"~=", TokenKind::match, "=~"},
                           {"&&", TokenKind::word_and, "and"},
                           {"||", TokenKind::word_or, "or"},
                           {"=", TokenKind::equal, "=="},
                           {"<", TokenKind::less, ""},
                           {">", TokenKind::greater, ""},
                           {"~", TokenKind::match, "=~"},
                           {"&", TokenKind::word_and, "and"},
                           {"|", TokenKind::word_or, "or"},
                           {"!", TokenKind::word_not, "not"},
                           {"(", TokenKind::open, ""},
                           {")", TokenKind::close, ""},
                           {"[", TokenKind::open_list, ""},
                           {"]", TokenKind::close_list, ""},
                           {",", TokenKind::comma, ""}};

struct Word {
  std::string_view spelling;
  TokenKind kind;
};
constexpr Word kWords[] = {{"and", TokenKind::word_and},   {"or", TokenKind::word_or},
                           {"not", TokenKind::word_not},   {"in", TokenKind::word_in},
                           {"true", TokenKind::word_true}, {"false", TokenKind::word_false}};

class Lexer {
 public:
  Lexer(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

  std::vector<Token> run() {
    for (;;) {
      while (pos_ < text_.size() && is_space(text_[pos_])) ++pos_;
      tokens_.push_back(next());
      Token& token = tokens_.back();
      if (token.kind == TokenKind::end || token.kind == TokenKind::bad) return std::move(tokens_);
    }
  }

 private:
  static std::uint32_t at(std::size_t offset) { return static_cast<std::uint32_t>(offset); }
  Place from(std::size_t begin) const { return {at(begin), at(pos_ - begin)}; }
  char peek(std::size_t ahead) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  Token bad(std::size_t begin) const { return {TokenKind::bad, {at(begin), 0}, {}, {}}; }
  void report(std::string_view code, std::string message, std::string hint, Place place) {
    problems_.push_back({code, std::move(message), std::move(hint), place.offset, place.length});
  }

  Token next() {
    if (pos_ >= text_.size()) return {TokenKind::end, {at(text_.size()), 0}, {}, {}};
    const char c = text_[pos_];
    if (c == '"' || c == '`' || c == '\'') return string();
    if (is_digit(c) || (c == '-' && (is_digit(peek(1)) || peek(1) == '.'))) return number();
    if (c == '.' && is_digit(peek(1))) return number();
    if (c == '{' || (c == '$' && peek(1) == '{')) return braced();
    if (c == '.' && starts_name(peek(1))) {
      ++pos_;
      Token token = name();
      if (token.kind == TokenKind::name) {
        report(expr_code::kForeignSpelling, "a name has no leading dot",
               fmt::format("write `{}`", canonical_name(token.path)),
               {token.place.offset - 1, token.place.length + 1});
      }
      return token;
    }
    if (starts_name(c) || c == '$' || (c == '[' && begins_name())) return name();
    return sign();
  }

  // `["x y"]` where a value may stand is a name; behind `in` it is a list.
  bool begins_name() const {
    if (!tokens_.empty()) {
      switch (tokens_.back().kind) {
        case TokenKind::word_in:
        case TokenKind::name:
        case TokenKind::text:
        case TokenKind::close:
          return false;
        default:
          break;
      }
    }
    return peek(1) == '"' || peek(1) == '`';
  }

  Token string() {
    const std::size_t begin = pos_;
    std::string value;
    if (!read_quoted(text_, pos_, value, problems_)) return bad(begin);
    return {TokenKind::text, from(begin), std::move(value), {}};
  }

  Token number() {
    const std::size_t begin = pos_;
    if (text_[pos_] == '-') ++pos_;
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      const char before = text_[pos_ - 1 + (pos_ == begin)];
      const bool exponent =
          (c == '+' || c == '-') && (before == 'e' || before == 'E') && is_digit(peek(1));
      if (!is_digit(c) && !is_letter(c) && c != '.' && c != '_' && !exponent) break;
      ++pos_;
    }
    const std::string_view written = text_.substr(begin, pos_ - begin);
    const std::string_view unsigned_part = written.starts_with('-') ? written.substr(1) : written;
    Token token{TokenKind::number, from(begin), std::string(written), {}};
    if (parse_number(written)) return token;
    const auto duration = parse_duration(unsigned_part);
    if (duration) {
      token.kind = TokenKind::duration;
      return token;
    }
    const auto size = parse_size(unsigned_part);
    token.kind = TokenKind::size;
    if (!size) {
      const std::size_t unit = unsigned_part.find_first_not_of("0123456789.");
      const bool like_size = unit != std::string_view::npos &&
                             unsigned_part.find_first_of("kKMGTBi", unit) != std::string_view::npos;
      const UnitError& error = like_size ? size.error() : duration.error();
      const bool dotted = std::ranges::count(written, '.') > 1;
      report(expr_code::kLiteral, fmt::format("`{}` is no number, duration or size", written),
             dotted ? "addresses stand in quotes; networks: cidr(x, \"10.0.0.0/8\")" : error.hint,
             token.place);
    }
    return token;
  }

  // `{level}`, `{{ level }}`, `${LEVEL}`.
  Token braced() {
    const std::size_t begin = pos_;
    const bool environment = text_[pos_] == '$';
    if (environment) ++pos_;
    while (peek(0) == '{' || is_space(peek(0))) ++pos_;
    std::size_t taken = 0;
    const std::size_t inner = pos_;
    auto path = scan_name(text_.substr(inner), taken);
    pos_ = inner + taken;
    while (peek(0) == '}' || (is_space(peek(0)) && text_.find('}', pos_) != std::string_view::npos))
      ++pos_;
    if (environment) {
      report(expr_code::kForeignSpelling, "nothing is substituted in expressions",
             "compare with a field, or keep such values in `x-` anchors or overlays", from(begin));
    } else {
      report(expr_code::kForeignSpelling, "names stand without braces in expressions",
             path ? fmt::format("write `{}`", canonical_name(*path)) : "", from(begin));
    }
    if (!path) return bad(begin);
    return {TokenKind::name, from(begin), {}, std::move(*path)};
  }

  Token name() {
    const std::size_t begin = pos_;
    std::size_t word_end = pos_;
    while (word_end < text_.size() && is_letter(text_[word_end])) ++word_end;
    const std::string_view word = text_.substr(begin, word_end - begin);
    const char after = word_end < text_.size() ? text_[word_end] : ' ';
    const bool whole = !starts_name(after) && !is_digit(after) && after != '-' && after != '.';
    if (whole && !word.empty()) {
      for (const Word& keyword : kWords) {
        if (keyword.spelling != word) continue;
        pos_ = word_end;
        return {keyword.kind, from(begin), std::string(word), {}};
      }
      if (word == "null") {
        pos_ = word_end;
        report(expr_code::kTypes, "there is no null to compare with: a null field is a missing one",
               "write exists(x) or not exists(x)", from(begin));
        return bad(begin);
      }
    }
    std::size_t taken = 0;
    auto path = scan_name(text_.substr(begin), taken);
    pos_ = begin + taken;
    if (!path) {
      for (Problem& problem : path.error()) {
        problem.offset += at(begin);
        problems_.push_back(std::move(problem));
      }
      return bad(begin);
    }
    return {TokenKind::name, from(begin), {}, std::move(*path)};
  }

  Token sign() {
    const std::size_t begin = pos_;
    for (const Sign& sign : kSigns) {
      if (!text_.substr(pos_).starts_with(sign.spelling)) continue;
      pos_ += sign.spelling.size();
      if (!sign.ours.empty())
        report(expr_code::kForeignSpelling, fmt::format("`{}` is not an operator", sign.spelling),
               fmt::format("write `{}`", sign.ours), from(begin));
      return {sign.kind, from(begin), {}, {}};
    }
    const char c = text_[pos_];
    const bool printable =
        static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F;
    report(expr_code::kSyntax,
           printable ? fmt::format("unexpected `{}`", c)
                     : fmt::format("unexpected byte 0x{:02x}", static_cast<unsigned char>(c)),
           "", {at(begin), 1});
    return bad(begin);
  }

  std::string_view text_;
  Problems& problems_;
  std::size_t pos_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text, Problems& problems) {
  return Lexer(text, problems).run();
}

}  // namespace pipeline::expr
