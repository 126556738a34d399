// A long list of which only what is seen is in the document.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { PagedList } from "./paged";
import { Loading, rem, Trouble } from "./ui";

const SPARE = 12; // rows above and below what is seen
// Browsers cannot scroll higher than some 17,000,000 px. A longer list scrolls faster instead.
const MOST_HEIGHT = 8_000_000;

export interface Column<T> {
  name: string;
  cell: (item: T) => ComponentChildren;
  kind: string; // a class: its width, and from which width of the page on it is there
}

// The list of `make`, anew where it changes.
export function usePaged<T>(make: (changed: () => void) => PagedList<T>, key: string): PagedList<T> {
  const [, changed] = useReducer((n: number) => n + 1, 0);
  const kept = useRef<{ key: string; list: PagedList<T> }>();
  if (kept.current?.key !== key) {
    const list: PagedList<T> = make(() => {
      if (kept.current?.list === list) changed(0);
    });
    kept.current = { key, list };
  }
  return kept.current.list;
}

const ROW_HEIGHT = 34; // px, where letters are of the usual size
const heightNow = (): number => Math.round(ROW_HEIGHT * rem());

export function Rows<T>({ list, columns, label, empty }: {
  list: PagedList<T>;
  columns: Column<T>[];
  label: string;
  empty: ComponentChildren;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [rowHeight, setRowHeight] = useState(heightNow);
  const [bar, setBar] = useState(0); // how wide the bar is that scrolls
  const real = list.length * rowHeight;
  const shown = Math.min(real, MOST_HEIGHT);
  // How many px of the list one px of scrolling stands for.
  const scale = shown > height ? (real - height) / (shown - height) : 1;
  const at = top * scale;
  const first = Math.max(0, Math.floor(at / rowHeight) - SPARE);
  const last = Math.min(list.length - 1, Math.ceil((at + height) / rowHeight) + SPARE);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = new ResizeObserver(() => {
      setHeight(element.clientHeight);
      setRowHeight(heightNow());
      setBar(element.offsetWidth - element.clientWidth);
    });
    measure.observe(element);
    return () => measure.disconnect();
  }, []);
  useLayoutEffect(() => {
    frame.current?.scrollTo(0, 0);
    setTop(0);
  }, [list]);
  useEffect(() => {
    void list.want(first, last);
  }, [list, first, last, list.length]);

  const rows = [];
  for (let index = first; index <= last; index++) {
    const item = list.row(index);
    rows.push(
      <div class="row" role="row" aria-rowindex={index + 2} key={index} style={{
        height: `${rowHeight}px`,
        transform: `translateY(${index * rowHeight - at + top}px)`,
      }}>
        {columns.map((column) => (
          <div class={`cell ${column.kind}`} role="cell" key={column.name}>
            {item ? column.cell(item) : <span class="bone" />}
          </div>
        ))}
      </div>,
    );
  }
  const nothing = list.whole && list.length === 0;
  return (
    <div class="rows">
      <div role="table" aria-label={label} aria-rowcount={list.whole ? list.length + 1 : -1}>
        <div class="row-frame" style={{ paddingRight: `${bar}px` }}>
          <div class="row row-head" role="row" aria-rowindex={1}>
            {columns.map((column) => (
              <div class={`cell ${column.kind}`} role="columnheader" key={column.name}>
                {column.name}
              </div>
            ))}
          </div>
        </div>
        <div class="rows-frame" ref={frame} tabIndex={0} role="rowgroup" aria-label={label}
          onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
          <div class="rows-all" style={{ height: `${shown}px` }}>
            {rows}
          </div>
        </div>
      </div>
      {!list.length && !nothing && !list.refusal && !list.paused && <Loading />}
      {nothing && empty}
      {list.refusal && (
        <div class={list.length ? "said" : "said first"}><Trouble refusal={list.refusal} again={() => list.goOn()} /></div>
      )}
      {list.paused && (
        <div class="notice" role="status">
          <p>Nothing more among the machines looked at so far.</p>
          <button type="button" onClick={() => list.goOn()}>Go on looking</button>
        </div>
      )}
    </div>
  );
}
