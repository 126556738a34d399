// A curve over time. uPlot comes when the first one is shown.
import { useEffect, useRef, useState } from "preact/hooks";
import { rem } from "./ui";

export interface Curve {
  name: string;
  points: [number, number | null][]; // seconds since 1970, value
  look: "main" | "second" | "edge";
  stepped?: boolean;
}

interface ChartProps {
  label: string; // says what the curve shows, for who does not see it
  curves: Curve[];
  line?: { at: number; name: string }; // a level that matters
}

// uPlot wants one axis of times for all curves. A stepped curve holds its value between its points.
function aligned(curves: Curve[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(curves.flatMap((curve) => curve.points.map(([t]) => t)))].sort((a, b) => a - b);
  const rows = curves.map((curve) => {
    const values = new Map(curve.points);
    const last = curve.points[curve.points.length - 1]?.[0] ?? 0;
    let held: number | null = null;
    return times.map((t) => {
      const here = values.get(t);
      if (here !== undefined) held = here;
      else if (!curve.stepped) return null;
      return t > last ? null : held;
    });
  });
  return [times, ...rows];
}

export function Chart({ label, curves, line }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [round, redraw] = useState(0);
  useEffect(() => {
    const changed = () => redraw((n) => n + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("themechange", changed);
    system.addEventListener("change", changed);
    return () => {
      removeEventListener("themechange", changed);
      system.removeEventListener("change", changed);
    };
  }, []);
  const drawn = JSON.stringify([curves, line]);
  useEffect(() => {
    let end = () => undefined as void;
    let gone = false;
    void Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([{ default: UPlot }]) => {
      const element = place.current;
      if (gone || !element) return;
      // The canvas knows no light-dark(): a probe says what the style sheet means now.
      const probe = document.createElement("span");
      element.append(probe);
      const as = (name: string) => {
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color;
      };
      const [text, grid, main, second, low] = ["--quiet", "--line", "--accent", "--second", "--act"].map(as);
      probe.remove();
      const strokes = { main: main!, second: second!, edge: second! };
      const data = aligned(curves);
      const times = data[0];
      const all = line ? [...curves, null] : curves;
      if (line) data.push(times.map(() => line.at));
      const size = () => ({ width: element.clientWidth, height: element.clientHeight });
      const unit = rem();
      const axis = { stroke: text!, font: `${12 * unit}px system-ui, sans-serif`, grid: { stroke: grid!, width: 1 }, ticks: { stroke: grid!, width: 1 } };
      const plot = new UPlot({
        ...size(),
        padding: [null, 24 * unit, null, null],
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, Math.ceil(most * 1.1))] } },
        axes: [
          { ...axis, size: 40 * unit, space: 50 * unit, values: (_, at) => at.map((t) => new Date(t * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short" })) },
          { ...axis, size: 48 * unit, space: 30 * unit },
        ],
        series: [{}, ...all.map((curve) => curve === null
          ? { stroke: low!, width: 1.5, dash: [6, 4], points: { show: false } }
          : {
              stroke: strokes[curve.look],
              width: curve.look === "edge" ? 1 : 2,
              points: { show: false },
              ...(curve.look === "edge" && { dash: [3, 3] }),
              ...(curve.look === "main" && { fill: `color-mix(in srgb, ${main} 12%, transparent)` }),
              ...(curve.stepped && UPlot.paths.stepped && { paths: UPlot.paths.stepped({ align: 1 }) }),
            })],
      }, data, element);
      const resized = new ResizeObserver(() => plot.setSize(size()));
      resized.observe(element);
      end = () => {
        resized.disconnect();
        plot.destroy();
      };
    });
    return () => {
      gone = true;
      end();
    };
  }, [drawn, round]);
  return (
    <figure class="chart">
      <div class="plot" ref={place} role="img" aria-label={label} />
      <figcaption>
        {curves.map((curve) => <span key={curve.name} class={`key ${curve.look}`}>{curve.name}</span>)}
        {line && <span class="key level">{line.name}</span>}
      </figcaption>
    </figure>
  );
}
