// The style of every page.
#pragma once

#include <string_view>

namespace muster::paper {

inline constexpr std::string_view kPageStyle = R"(
:root { --ground: #fdfdfb; --ink: #1d2327; --soft: #5b6469; --rule: #d5dadc; --panel: #f3f5f5;
  --count: #0b5cad; --machines: #7a3e9d; --names: #00695c; --threshold: #b3261e; --ahead: #0b5cad;
  color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181a; --ink: #e6eaec; --soft: #a3adb2;
  --rule: #394246; --panel: #1d2326; --count: #7ab8ff; --machines: #d3a6f0; --names: #6fd3c3;
  --threshold: #ff9a92; --ahead: #7ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .4rem; }
p { margin: .3rem 0 .6rem; max-width: 75ch; }
.soft { color: var(--soft); }
.say { background: var(--panel); border-left: 4px solid var(--count); padding: .6rem 1rem;
  margin: .6rem 0 1rem; display: grid; grid-template-columns: 4.5rem 1fr; gap: .35rem .5rem; }
.say.under { border-left-color: var(--threshold); }
.say dt { font-weight: 600; } .say dd { margin: 0; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; margin-bottom: .2rem; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, "Segoe UI", sans-serif; }
svg path { fill: none; } .small { fill: var(--soft); } .end { text-anchor: end; }
.middle { text-anchor: middle; } .grid { stroke: var(--rule); }
.count { stroke: var(--count); stroke-width: 2; }
.bound { stroke: var(--count); stroke-width: 2; stroke-dasharray: 2 3; }
.silent { stroke: var(--ahead); stroke-width: 1.5; stroke-dasharray: 6 4; }
.other { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 1 3; }
.cmids { stroke: var(--machines); stroke-width: 2; }
.activated { stroke: var(--names); stroke-width: 2; }
.refused { stroke: var(--threshold); stroke-width: 2; }
.names { stroke: var(--names); stroke-width: 2; stroke-dasharray: 8 3; }
.expected { stroke: var(--machines); stroke-width: 1.5; stroke-dasharray: 6 4; }
svg path.range { fill: var(--machines); fill-opacity: .16; }
.threshold { stroke: var(--threshold); stroke-width: 1.5; stroke-dasharray: 10 4; }
.ceiling { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 3; }
.now { stroke: var(--soft); } .bar { fill: var(--count); }
.of-count, .of-bound, .of-silent { fill: var(--count); } .of-threshold { fill: var(--threshold); }
.of-cmids, .of-expected, .of-range { fill: var(--machines); }
.of-names, .of-activated { fill: var(--names); } .of-refused { fill: var(--threshold); }
.scroll { overflow-x: auto; }
@media screen and (max-width: 700px) { .scroll > svg { width: 46rem; } }
table { border-collapse: collapse; font-size: .875rem; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: break-word; max-width: 22rem; }
th { color: var(--soft); font-weight: 600; } .right { text-align: right; }
td.fixed { white-space: nowrap; }
td.command, td.command code { white-space: nowrap; max-width: none; user-select: all;
  font: .8125rem/1.6 ui-monospace, "Liberation Mono", monospace; }
details { margin: .3rem 0; } summary { cursor: pointer; color: var(--soft); }
@media print { :root { --ground: #fff; --ink: #000; --soft: #333; --rule: #bbb; --panel: #fff;
    --count: #000; --machines: #444; --names: #000; --threshold: #000; --ahead: #000; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  details:not([open]) { display: none; } figure, .say, tr { break-inside: avoid; }
  .refused { stroke-dasharray: 10 4; } .activated { stroke-width: 3; }
  h2 { break-after: avoid; } .scroll { overflow: visible; } table { font-size: 8pt; } }
)";

}  // namespace muster::paper
