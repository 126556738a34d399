// A list that the host gives by cursor, of any length: pages are fetched as they come into view, the
// ones that were looked at last are kept, and one that was let go of is fetched again by its cursor.
import { asRefusal, type Refusal } from "./api";

export interface Fetched<T> {
  items: T[];
  next: string | null;
}

const KEPT = 64; // pages
const EMPTY_AT_ONCE = 125; // pages of a search that hold nothing, before a person is asked to go on

export class PagedList<T> {
  private readonly after: (string | null)[] = [null]; // the cursor of each page
  private readonly starts: number[] = []; // the row at which each page begins
  private readonly pages = new Map<number, T[]>();
  private busy = false;
  private again: [number, number] | null = null;
  length = 0; // rows known so far
  whole = false; // there are no more
  searched = 0; // pages that were asked for
  paused = false; // many pages held nothing
  refusal: Refusal | undefined;

  constructor(
    private readonly fetchPage: (after: string | null) => Promise<Fetched<T>>,
    private readonly changed: () => void,
  ) {}

  row(index: number): T | undefined {
    const page = this.pageOf(index);
    return this.pages.get(page)?.[index - (this.starts[page] ?? 0)];
  }

  // Rows first..last are looked at: whatever of them is missing is fetched, and what follows soon.
  async want(first: number, last: number): Promise<void> {
    if (this.busy) {
      this.again = [first, last];
      return;
    }
    this.busy = true;
    try {
      for (let page = this.pageOf(first); page < this.starts.length; page++) {
        if ((this.starts[page] ?? 0) > last) break;
        if (!this.pages.has(page)) await this.load(page);
        else this.touch(page);
      }
      let empty = 0;
      while (!this.whole && !this.paused && last + 100 >= this.length) {
        const before = this.length;
        await this.load(this.starts.length);
        empty = this.length === before ? empty + 1 : 0;
        if (empty >= EMPTY_AT_ONCE) this.paused = true;
      }
      this.refusal = undefined;
    } catch (error) {
      this.refusal = asRefusal(error);
      this.changed();
    } finally {
      this.busy = false;
    }
    const later = this.again;
    this.again = null;
    if (later && !this.refusal) await this.want(...later);
  }

  goOn(): void {
    this.paused = false;
    this.refusal = undefined;
    void this.want(this.length, this.length);
  }

  private async load(page: number): Promise<void> {
    const got = await this.fetchPage(this.after[page] ?? null);
    this.searched++;
    if (page === this.starts.length) {
      this.starts.push(this.length);
      this.length += got.items.length;
      if (got.next === null) this.whole = true;
      else this.after.push(got.next);
    }
    this.pages.set(page, got.items);
    this.touch(page);
    this.changed();
  }

  // A Map keeps the order in which its keys came: the first is the one that was wanted longest ago.
  private touch(page: number): void {
    const items = this.pages.get(page);
    if (!items) return;
    this.pages.delete(page);
    this.pages.set(page, items);
    for (const old of this.pages.keys()) {
      if (this.pages.size <= KEPT) break;
      this.pages.delete(old);
    }
  }

  private pageOf(index: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
