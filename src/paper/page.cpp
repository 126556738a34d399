#include "paper/page.h"

#include <fmt/format.h>

#include "paper/chart.h"
#include "paper/style.h"

namespace muster::paper {

std::string page_of(std::string_view title, std::string_view body, std::string_view made_by) {
  const auto shown = escaped(title);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<main>\n<h1>{}</h1>\n{}"
      "<footer><p class=\"soft\">Made by {}. The page holds everything it "
      "shows; nothing is fetched from elsewhere.</p></footer>\n</main>\n</body>\n</html>\n",
      shown, kPageStyle, shown, body, escaped(made_by));
}

std::string figure(std::string_view title, std::string_view text, std::string_view svg,
                   std::string_view figures) {
  return fmt::format(
      "<figure><figcaption>{}</figcaption>\n<div class=\"scroll\">{}</div><p class=\"soft\">{}</p>"
      "<details><summary>The figures</summary>\n{}</details></figure>\n",
      escaped(title), svg, escaped(text), figures);
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string out = "<tr>";
  for (const auto& cell : cells) out += fmt::format("<td class=\"fixed\">{}</td>", escaped(cell));
  return out + "</tr>\n";
}

}  // namespace muster::paper
