// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xep/element.h"

// Data forms (XEP-0004) as far as stream initiation and service discovery use them.
namespace xmppftd {

/// `<field/>`. Labels, descriptions and <required/> are not read and never written.
struct FormField {
  std::string var;
  std::string type;  ///< "list-single", "hidden", ...; "" when absent
  std::vector<std::string> values;
  std::vector<std::string> options;  ///< the options' values
};

/// `<x xmlns='jabber:x:data'/>`. Errors of parse: Protocol past 128 fields, or 128 values or
/// options in one.
struct DataForm {
  std::string type;  ///< "form", "submit", "result"
  std::vector<FormField> fields;

  /// The first field of that name, or null.
  const FormField* field(std::string_view var) const noexcept;

  static Result<DataForm> parse(const Element& x);
  Element build() const;
};

}  // namespace xmppftd
