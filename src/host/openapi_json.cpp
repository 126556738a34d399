// A step of the build: docs/openapi.yaml -> a C++ source that holds it as JSON, for /openapi.json.
//   muster_openapi_json IN.yaml OUT.cpp
#include <yaml.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "base/ascii.h"
#include "wire/json.h"

namespace {

using muster::wire::json::append_string;

// YAML 1.2's core schema, as far as the document uses it: a plain scalar may be null, a boolean or
// a number.
bool is_literal(const std::string& text) {
  if (text == "null" || text == "true" || text == "false") return true;
  double number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && failed == std::errc() && rest == text.data() + text.size();
}

std::string text_of(const yaml_node_t& node) {
  return {reinterpret_cast<const char*>(node.data.scalar.value), node.data.scalar.length};
}

// A word without quotes that readers of YAML 1.1 take for true or false; most validators are such.
const yaml_node_t* find_old_boolean(const yaml_document_t& document) {
  for (const auto* node = document.nodes.start; node != document.nodes.top; ++node) {
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
      continue;
    }
    const auto word = muster::lower(text_of(*node));
    for (const auto* old : {"y", "n", "yes", "no", "on", "off"}) {
      if (word == old) return node;
    }
  }
  return nullptr;
}

void append_node(std::string& out, yaml_document_t& document, int index, bool is_key) {
  const yaml_node_t& node = *yaml_document_get_node(&document, index);
  switch (node.type) {
    case YAML_SCALAR_NODE: {
      const auto text = text_of(node);
      const bool plain = node.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
      if (plain && !is_key && is_literal(text)) {
        out.append(text);
      } else {
        append_string(out, text);
      }
      return;
    }
    case YAML_SEQUENCE_NODE: {
      out.push_back('[');
      for (const auto* item = node.data.sequence.items.start; item != node.data.sequence.items.top;
           ++item) {
        if (out.back() != '[') out.push_back(',');
        append_node(out, document, *item, false);
      }
      out.push_back(']');
      return;
    }
    case YAML_MAPPING_NODE: {
      out.push_back('{');
      for (const auto* pair = node.data.mapping.pairs.start; pair != node.data.mapping.pairs.top;
           ++pair) {
        if (out.back() != '{') out.push_back(',');
        append_node(out, document, pair->key, true);
        out.push_back(':');
        append_node(out, document, pair->value, false);
      }
      out.push_back('}');
      return;
    }
    case YAML_NO_NODE: break;
  }
  out.append("null");
}

// Compilers bound one literal's length; adjacent ones are joined.
void write_source(std::ostream& out, const std::string& json) {
  constexpr std::size_t kPiece = 4096;
  out << "#include <string_view>\n\n#include \"host/sites.h\"\n\nnamespace muster::host {\n\n"
      << "std::string_view openapi_json() {\n  static constexpr std::string_view kText =\n";
  for (std::size_t at = 0; at < json.size(); at += kPiece) {
    out << "      R\"openapi(" << json.substr(at, kPiece) << ")openapi\"\n";
  }
  out << "      ;\n  return kText;\n}\n\n}  // namespace muster::host\n";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  std::FILE* in = std::fopen(arguments[1], "rb");
  if (in == nullptr) return 1;
  yaml_parser_t parser;
  yaml_document_t document;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_file(&parser, in);
  if (yaml_parser_load(&parser, &document) == 0) {
    std::cerr << arguments[1] << ":" << parser.problem_mark.line + 1 << ": " << parser.problem
              << "\n";
    return 1;
  }
  if (const auto* node = find_old_boolean(document)) {
    std::cerr << arguments[1] << ":" << node->start_mark.line + 1 << ": put '" << text_of(*node)
              << "' in quotes: readers of YAML 1.1 take it for a boolean\n";
    return 1;
  }
  std::string json;
  append_node(json, document, 1, false);
  std::ofstream out(arguments[2], std::ios::trunc);
  write_source(out, json);
  yaml_document_delete(&document);
  yaml_parser_delete(&parser);
  std::fclose(in);
  return out.flush() ? 0 : 1;
}
