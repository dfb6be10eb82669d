// SPDX-License-Identifier: MIT
#include "strophe/expat_seam.h"

#include <dlfcn.h>
#include <expat.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "strophe/context.h"
#include "strophe/real_function.h"
#include "strophe/stanza_limiter.h"
#include "strophe/stream_gate.h"
#include "strophe/stream_policy.h"

namespace xmppftd {
namespace {

/// expat keeps a token that is not complete yet, and scans it anew with every piece.
constexpr std::size_t kMaxToken = 1024 * 1024;

/// Debian's expat, when a token comes in more than two pieces, waits until twice as much has come
/// before it looks again, lest the scanning cost quadratic time. On a stream that falls silent
/// behind a stanza that is for ever. kMaxToken bounds that cost too. Not every expat has it.
void parse_at_once(XML_Parser parser) {
  using Set = XML_Bool(XML_Parser, XML_Bool);
  static auto* const set =
      reinterpret_cast<Set*>(dlsym(RTLD_DEFAULT, "XML_SetReparseDeferralEnabled"));
  if (set != nullptr) set(parser, XML_FALSE);
}

/// One parser: its events run through the stages and end in the handlers that its user set.
class Seam final : private XmlEvents, private XmlBrake {
 public:
  explicit Seam(XML_Parser parser) noexcept;

  void set_user_data(void* user_data) noexcept { user_data_ = user_data; }
  void set_element_handlers(XML_StartElementHandler start, XML_EndElementHandler end);
  void set_text_handler(XML_CharacterDataHandler text);

  /// Before `length` bytes are parsed; false when they must not be.
  bool feed(std::size_t length);
  /// expat says that the document is broken.
  void failed(const char* why) {
    if (!refused_) refuse(why);
  }

 private:
  template <class Event>
  static void pass(void* self, Event event) {
    auto& seam = *static_cast<Seam*>(self);
    seam.silent_ = 0;
    if (!seam.refused_) event(seam);
  }

  void start(const char* name, const char** attributes) override {
    if (!refused_ && start_ != nullptr) start_(user_data_, name, attributes);
  }
  void text(std::string_view text) override {
    if (!refused_ && text_ != nullptr)
      text_(user_data_, text.data(), static_cast<int>(text.size()));
  }
  void end(const char* name) override {
    if (!refused_ && end_ != nullptr) end_(user_data_, name);
  }
  void refuse(std::string_view why) override;

  XML_Parser parser_;
  void* user_data_;
  XML_StartElementHandler start_ = nullptr;
  XML_EndElementHandler end_ = nullptr;
  XML_CharacterDataHandler text_ = nullptr;
  bool refused_ = false;
  std::size_t silent_ = 0;  // bytes parsed since the last event
  StreamGate gate_{*this, *this};
  StanzaLimiter limiter_{gate_, *this};
};

/// All seams by their parser, one for each document. Never destroyed: parsers may outlive any
/// static object.
class Seams {
 public:
  static Seams& all() {
    static auto& seams = *new Seams;
    return seams;
  }
  Seam& of(XML_Parser parser) {
    const std::lock_guard lock(mutex_);
    auto& seam = seams_[parser];
    if (!seam) seam = std::make_unique<Seam>(parser);
    return *seam;
  }
  void forget(XML_Parser parser) {
    const std::lock_guard lock(mutex_);
    seams_.erase(parser);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<XML_Parser, std::unique_ptr<Seam>> seams_;
};

}  // namespace
}  // namespace xmppftd

using xmppftd::real_function;
using xmppftd::Seams;

extern "C" {

void XML_SetUserData(XML_Parser parser, void* user_data) {
  Seams::all().of(parser).set_user_data(user_data);
}

void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start,
                           XML_EndElementHandler end) {
  Seams::all().of(parser).set_element_handlers(start, end);
}

void XML_SetCharacterDataHandler(XML_Parser parser, XML_CharacterDataHandler text) {
  Seams::all().of(parser).set_text_handler(text);
}

enum XML_Status XML_Parse(XML_Parser parser, const char* bytes, int length, int is_final) {
  static auto* const parse = real_function("XML_Parse", &XML_Parse);
  auto& seam = Seams::all().of(parser);
  if (!seam.feed(static_cast<std::size_t>(length))) return XML_STATUS_ERROR;
  const enum XML_Status status = parse(parser, bytes, length, is_final);
  if (status == XML_STATUS_ERROR) seam.failed(XML_ErrorString(XML_GetErrorCode(parser)));
  return status;
}

XML_Bool XML_ParserReset(XML_Parser parser, const XML_Char* encoding) {
  static auto* const reset = real_function("XML_ParserReset", &XML_ParserReset);
  Seams::all().forget(parser);
  return reset(parser, encoding);
}

void XML_ParserFree(XML_Parser parser) {
  static auto* const free_parser = real_function("XML_ParserFree", &XML_ParserFree);
  Seams::all().forget(parser);
  free_parser(parser);
}

}  // extern "C"

namespace xmppftd {
namespace {

Seam::Seam(XML_Parser parser) noexcept : parser_(parser), user_data_(XML_GetUserData(parser)) {
  static auto* const set_our_data = real_function("XML_SetUserData", &XML_SetUserData);
  set_our_data(parser_, this);
  parse_at_once(parser_);
  XML_SetStartDoctypeDeclHandler(
      parser_, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        pass(self, [](Seam& seam) { seam.refuse("a DOCTYPE"); });
      });
  XML_SetProcessingInstructionHandler(parser_, [](void* self, const XML_Char*, const XML_Char*) {
    pass(self, [](Seam& seam) { seam.refuse("a processing instruction"); });
  });
  XML_SetCommentHandler(parser_, [](void* self, const XML_Char*) {
    pass(self, [](Seam& seam) { seam.refuse("a comment"); });
  });
}

void Seam::set_element_handlers(XML_StartElementHandler on_start, XML_EndElementHandler on_end) {
  static auto* const set_handlers = real_function("XML_SetElementHandler", &XML_SetElementHandler);
  start_ = on_start;
  end_ = on_end;
  set_handlers(
      parser_,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        pass(self, [&](Seam& seam) { seam.limiter_.start(name, attributes); });
      },
      [](void* self, const XML_Char* name) {
        pass(self, [&](Seam& seam) { seam.limiter_.end(name); });
      });
}

void Seam::set_text_handler(XML_CharacterDataHandler on_text) {
  static auto* const set_handler =
      real_function("XML_SetCharacterDataHandler", &XML_SetCharacterDataHandler);
  text_ = on_text;
  set_handler(parser_, [](void* self, const XML_Char* piece, int length) {
    pass(self, [&](Seam& seam) {
      seam.limiter_.text(std::string_view(piece, static_cast<std::size_t>(length)));
    });
  });
}

bool Seam::feed(std::size_t length) {
  silent_ += length;
  if (silent_ > kMaxToken && !refused_) refuse("a token without an end");
  return !refused_;
}

void Seam::refuse(std::string_view why) {
  if (refused_) return;
  refused_ = true;
  XML_StopParser(parser_, XML_FALSE);
  if (StreamPolicy* const policy = PolicyScope::current()) policy->on_refused(why);
}

using Stanza = std::unique_ptr<xmpp_stanza_t, decltype(&xmpp_stanza_release)>;

Stanza parse(const char* xml) {
  return {xmpp_stanza_new_from_string(first_context(), xml), &xmpp_stanza_release};
}

bool has(const Stanza& stanza, const char* attribute, std::string_view value) {
  const char* const found = xmpp_stanza_get_attribute(stanza.get(), attribute);
  return found != nullptr && found == value;
}

}  // namespace

Result<void> expat_seam_self_test() {
  const Stanza stanza = parse("<m id='true' xmlns:p='urn:p' xml:lang='en' p:id='false'>text</m>");
  const bool filtered = stanza && has(stanza, "id", "true") && has(stanza, "xml:lang", "en");
  if (filtered && !parse("<m><?p i?></m>") && !parse("<m><!-- c --></m>")) return {};
  return Error{Errc::Internal,
               "this libstrophe does not parse through our filter (is it built on expat?), so "
               "what strangers send would reach it unchecked"};
}

}  // namespace xmppftd
