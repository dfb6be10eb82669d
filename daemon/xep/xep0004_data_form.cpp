// SPDX-License-Identifier: MIT
#include "xep/xep0004_data_form.h"

#include <algorithm>

#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxFields = 128;
constexpr std::size_t kMaxValues = 128;

Element form_element(const char* name) { return {name, std::string(kNsDataForm)}; }

Element value_element(const std::string& value) { return form_element("value").with_text(value); }

Result<FormField> parse_field(const Element& element) {
  FormField field;
  field.var = element.attribute_or_empty("var");
  field.type = element.attribute_or_empty("type");
  for (const auto& child : element.children) {
    if (child.is("value", kNsDataForm)) {
      field.values.push_back(child.text);
    } else if (child.is("option", kNsDataForm)) {
      if (const auto* value = child.child("value", kNsDataForm))
        field.options.push_back(value->text);
    }
    if (field.values.size() > kMaxValues || field.options.size() > kMaxValues)
      return broken("form field", field.var, "has more than 128 values");
  }
  return field;
}

}  // namespace

const FormField* DataForm::field(std::string_view var) const noexcept {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const FormField& f) { return f.var == var; });
  return found == fields.end() ? nullptr : &*found;
}

Result<DataForm> DataForm::parse(const Element& x) {
  DataForm form;
  form.type = x.attribute_or_empty("type");
  for (const auto& child : x.children) {
    if (!child.is("field", kNsDataForm)) continue;
    if (form.fields.size() == kMaxFields)
      return broken("data form", form.type, "has more than 128 fields");
    auto field = parse_field(child);
    if (!field) return field.error();
    form.fields.push_back(*std::move(field));
  }
  return form;
}

Element DataForm::build() const {
  auto x = form_element("x").set("type", type);
  for (const auto& field : fields) {
    auto element = form_element("field").set("var", field.var);
    if (!field.type.empty()) element.set("type", field.type);
    for (const auto& value : field.values) element.add(value_element(value));
    for (const auto& option : field.options)
      element.add(form_element("option").add(value_element(option)));
    x.add(std::move(element));
  }
  return x;
}

}  // namespace xmppftd
