import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asRefusal, get, type Refusal } from "./api";
import { seen } from "./words";

export interface Answer<T> {
  data: T | undefined;
  refusal: Refusal | undefined;
  busy: boolean;
  again: () => void;
}

// What `where` answers: asked for at once, and again every `every` ms while the page is looked at.
// An answer stays while the next one is under way; null asks nothing.
export function useCall<T>(where: string | null, every = 0): Answer<T> {
  const [state, set] = useState<{ where: string | null; data?: T; refusal?: Refusal }>({ where });
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const again = useCallback(async () => {
    if (where === null) return;
    const mine = ++turn.current;
    setBusy(true);
    try {
      const data = await get<T>(where);
      if (mine === turn.current) set({ where, data });
    } catch (error) {
      const refusal = asRefusal(error);
      if (mine === turn.current) {
        set((old) => ({ where, refusal, ...(old.where === where && "data" in old && { data: old.data as T }) }));
      }
    } finally {
      if (mine === turn.current) setBusy(false);
    }
  }, [where]);
  useEffect(() => {
    void again();
    if (!every) return;
    const timer = setInterval(() => {
      if (!document.hidden) void again();
    }, every);
    const shown = () => {
      if (!document.hidden) void again();
    };
    document.addEventListener("visibilitychange", shown);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [again, every]);
  const here = state.where === where;
  return {
    data: here ? state.data : undefined,
    refusal: here ? state.refusal : undefined,
    busy,
    again: () => void again(),
  };
}

export interface Act {
  busy: boolean;
  refusal: Refusal | undefined;
  run: (act: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

// An act of a person: one at a time, and what became of it.
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      setRefusal(asRefusal(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, refusal, run, clear: () => setRefusal(undefined) };
}

// `value` as it was when it had not changed for a quarter of a second.
export function useSettled<T>(value: T): T {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${seen(title)} · Muster`;
  }, [title]);
}
