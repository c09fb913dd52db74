#include "pipeline/net/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace pipeline {

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string basic_auth(std::string_view username, std::string_view password) {
  std::string pair;
  pair.reserve(username.size() + password.size() + 1);
  pair.append(username).append(1, ':').append(password);
  return "Basic " + base64(pair);
}

std::string bearer_auth(std::string_view token) { return "Bearer " + std::string(token); }

bool equal_secrets(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pipeline
