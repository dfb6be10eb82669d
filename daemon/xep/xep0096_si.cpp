// SPDX-License-Identifier: MIT
#include "xep/xep0096_si.h"

#include <algorithm>

#include "base/bytes.h"
#include "model/namespaces.h"
#include "xep/confirm.h"
#include "xep/parse.h"
#include "xep/xep0004_data_form.h"
#include "xep/xep0082_date.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxMethods = 16;
constexpr std::size_t kMaxMethodLength = 256;
constexpr std::size_t kMaxDescription = 1024;
constexpr std::size_t kMaxMimeType = 128;
constexpr std::size_t kMd5Bytes = 16;
constexpr std::string_view kStreamMethod = "stream-method";

Element si_element() { return {"si", std::string(kNsSi)}; }
Element file_element(const char* name) { return {name, std::string(kNsSiFile)}; }

/// SI2: absent is nothing; present must be a plain number.
Result<std::optional<std::uint64_t>> parse_number(const Element& element, std::string_view key) {
  const auto text = element.attribute(key);
  if (!text) return std::optional<std::uint64_t>();
  const auto number = parse_decimal(*text);
  if (!number) return broken(key, *text, "must be 1 to 19 digits, at most 2^63-1");
  return number;
}

/// COMPAT: malformed means absent, for whoever sends something else there.
std::optional<Hash> parse_md5(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != kMd5Bytes) return std::nullopt;
  return Hash{HashAlgo::Md5, to_hex(*bytes)};
}

Result<FileInfo> parse_file(const Element& si, const Element& file) {
  FileInfo info;
  const auto name = file.attribute("name");
  if (!name) return broken("file name", "", "is missing (XEP-0096 section 3)");
  info.name = safe_file_name(*name);
  const auto size = parse_number(file, "size");
  if (!size) return size.error();
  info.size = size->value_or(0);  // COMPAT QXmpp, Smack leave out a size of 0
  info.modified = parse_date_time(file.attribute_or_empty("date"));
  info.hash = parse_md5(file.attribute_or_empty("hash"));
  if (const auto* desc = file.child_in_any_namespace("desc"))
    info.description = safe_text(desc->text, kMaxDescription);
  // COMPAT gabble: mime-type stands on <file/>
  const auto mime = si.attribute("mime-type").value_or(file.attribute_or_empty("mime-type"));
  info.mime_type = safe_text(mime, kMaxMimeType);
  return info;
}

/// The form of a <feature/>, or an empty one.
Result<DataForm> parse_form(const Element& si) {
  const auto* feature = si.child("feature", kNsFeatureNeg);
  const auto* x = feature ? feature->child("x", kNsDataForm) : nullptr;
  if (!x) return DataForm();
  return DataForm::parse(*x);
}

/// Each once, in the sender's order. Of more than kMaxMethods none is lost that we know.
std::vector<std::string> offered_methods(const DataForm& form) {
  std::vector<std::string> methods;
  const auto* field = form.field(kStreamMethod);
  if (!field) return methods;
  const auto is_ours = [](std::string_view method) {
    return method == kNsBytestreams || method == kNsIbb;
  };
  for (const auto& option : field->options) {
    const std::string method(trimmed(option));
    if (method.empty() || method.size() > kMaxMethodLength) continue;
    if (std::find(methods.begin(), methods.end(), method) != methods.end()) continue;
    if (methods.size() < kMaxMethods)
      methods.push_back(method);
    else if (is_ours(method))
      *std::find_if_not(methods.rbegin(), methods.rend(), is_ours) = method;
  }
  return methods;
}

Element build_feature(std::string type, FormField field) {
  DataForm form{std::move(type), {}};
  form.fields.push_back(std::move(field));
  return Element("feature", std::string(kNsFeatureNeg)).add(form.build());
}

}  // namespace

Result<SiOffer> SiOffer::parse(const Element& si) {
  SiOffer offer;
  auto id = parse_sid("si id", si.attribute_or_empty("id"));
  if (!id) return id.error();
  offer.id = *std::move(id);
  // COMPAT gabble: further elements (si-multiple) and attributes are not looked at.
  const auto profile = si.attribute_or_empty("profile");
  if (profile != kNsSiFile)
    return Error{Errc::PeerUnsupported,
                 broken("si profile", profile, "is not file transfer").detail};
  const auto* file = si.child("file", kNsSiFile);
  if (!file) return broken("si", offer.id, "has no <file/> (XEP-0096 section 3)");
  auto info = parse_file(si, *file);
  if (!info) return info.error();
  offer.file = *std::move(info);
  offer.range = file->child_in_any_namespace("range") != nullptr;
  if (auto marker = ConfirmMarker::find(si)) {
    offer.can_confirm = true;
    offer.file_id = std::move(marker->file_id);
  }
  const auto form = parse_form(si);
  if (!form) return form.error();
  offer.methods = offered_methods(*form);
  if (offer.methods.empty())
    return Error{Errc::NoCommonMethod, broken("si", offer.id, "names no stream method").detail};
  return offer;
}

Element SiOffer::build() const {
  auto si = si_element().set("id", id);
  if (!file.mime_type.empty()) si.set("mime-type", file.mime_type);
  si.set("profile", std::string(kNsSiFile));
  // COMPAT Openfire: bounces an offer without name or size; so both are always there.
  auto about =
      file_element("file").set("name", file.name).set("size", std::to_string(file.known_size()));
  if (file.modified) about.set("date", to_date_time(*file.modified));
  if (file.hash && file.hash->algo == HashAlgo::Md5) about.set("hash", file.hash->hex);
  if (!file.description.empty()) about.add(file_element("desc").with_text(file.description));
  if (range) about.add(file_element("range"));
  si.add(std::move(about));
  // COMPAT Psi: reads the first field only. gabble wants its type.
  si.add(build_feature("form", {std::string(kStreamMethod), "list-single", {}, methods}));
  if (can_confirm) si.add(ConfirmMarker{file_id}.build());
  return si;
}

Result<SiAnswer> SiAnswer::parse(const Element& si) {
  // COMPAT QXmpp: repeats id, profile and the field's type, which mean nothing here.
  SiAnswer answer;
  const auto form = parse_form(si);
  if (!form) return form.error();
  const auto* field = form->field(kStreamMethod);
  if (!field || field->values.size() != 1)
    return broken("si answer of stream methods", std::to_string(field ? field->values.size() : 0),
                  "must select one (XEP-0095 section 4.1)");
  answer.method = trimmed(field->values.front());
  answer.can_confirm = ConfirmMarker::find(si).has_value();
  const auto* file = si.child("file", kNsSiFile);
  const auto* range = file ? file->child_in_any_namespace("range") : nullptr;
  if (range) {
    const auto offset = parse_number(*range, "offset");
    if (!offset) return offset.error();
    const auto length = parse_number(*range, "length");
    if (!length) return length.error();
    answer.offset = *offset;
    answer.length = *length;
  }
  return answer;
}

Element SiAnswer::build() const {
  // COMPAT Psi: hangs unless the form is a submit; gabble wants no attributes.
  auto si = si_element();
  if (offset || length) {
    auto range = file_element("range");
    if (offset) range.set("offset", std::to_string(*offset));
    if (length) range.set("length", std::to_string(*length));
    si.add(file_element("file").add(std::move(range)));
  }
  si.add(build_feature("submit", {std::string(kStreamMethod), "", {method}, {}}));
  if (can_confirm) si.add(ConfirmMarker{}.build());
  return si;
}

Result<ByteRange> SiAnswer::range_of(const SiOffer& offer) const {
  if (std::find(offer.methods.begin(), offer.methods.end(), method) == offer.methods.end())
    return broken("stream method", method, "was not offered");
  const std::uint64_t size = offer.file.known_size();
  const std::uint64_t from = offset.value_or(0);
  if (from > size) return broken("range offset", std::to_string(from), "is beyond the file's end");
  const ByteRange asked{from, length.value_or(size - from)};
  if (asked.length > size - from)
    return broken("range length", std::to_string(asked.length), "leads beyond the file's end");
  if (!offer.range && asked != ByteRange{0, size})
    return broken("range offset", std::to_string(from),
                  "was asked for, but ranges were not offered");
  return asked;
}

}  // namespace xmppftd
