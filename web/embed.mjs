// A step of the build: dist/ -> a C++ source that holds its files, plain and compressed.
//   node embed.mjs DIST OUT.cpp
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { constants, gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

const [dist, out] = process.argv.slice(2);

function files(folder, prefix = "") {
  return readdirSync(join(dist, folder))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(join(dist, path)).isDirectory() ? files(path) : [path];
    });
}

// Every byte as three octal digits, in pieces a line; neighbours are joined by the compiler.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 2048) {
    const piece = [...bytes.subarray(at, at + 2048)];
    lines.push(`"${piece.map((b) => "\\" + b.toString(8).padStart(3, "0")).join("")}"`);
  }
  return `{${lines.join("\n")}, ${bytes.length}}`;
}

// Whose work the page is made of; their licences ask to be handed on.
const parts = ["preact", "uplot"];
writeFileSync(
  join(dist, "licences.txt"),
  parts
    .map((part) => `${part}\n\n${readFileSync(join("node_modules", part, "LICENSE"), "utf8")}`)
    .join("\n\n"),
);

const rows = files("").map((path) => {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: a kind of file without a Content-Type`);
  const bytes = readFileSync(join(dist, path));
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 16);
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
  const url = path === "index.html" ? "/" : "/" + path;
  return `    {.path = "${url}",\n     .type = "${type}",\n     .hash = "${hash}",
     .plain = ${literal(bytes)},\n     .gzip = ${literal(packed)}},\n`;
});
writeFileSync(
  out,
  `#include "host/dashboard.h"

namespace muster::host {

std::span<const DashboardFile> dashboard_files() {
  static constexpr DashboardFile kFiles[] = {
${rows.join("")}  };
  return kFiles;
}

}  // namespace muster::host
`,
);
