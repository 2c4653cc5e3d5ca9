/** The scroll state of the viewer: which line stands at the top, kept exact where the scrollbar is proportional. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { RefObject } from "react";
import type { Geometry } from "./scroll.ts";
import { lastTop, lineAt, ROW_PX, scaled, scrollFor } from "./scroll.ts";

export interface Scroller {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Lines above the top edge, with a fraction. */
  readonly top: number;
  readonly viewportPx: number;
  /** Shows line `n` (1-based) a third below the top edge. */
  jump(n: number): void;
}

/** Guess before the first measurement; corrected before the first paint. */
const VIEWPORT_PX = 600;

export function useScroller(totalLines: number, wrap: boolean): Scroller {
  const ref = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [viewportPx, setViewportPx] = useState(VIEWPORT_PX);
  const expected = useRef(-1);
  const exact = useRef(0);
  const geometry = useRef<Geometry>({ totalLines, viewportPx, wrap });
  geometry.current = { totalLines, viewportPx, wrap };

  const show = useCallback((line: number) => {
    const next = Math.min(Math.max(0, line), lastTop(geometry.current));
    const element = ref.current;
    if (element !== null) {
      element.scrollTop = scrollFor(next, geometry.current);
      // The browser rounds; the scroll event of this very position must not replace the exact line by the rounded one.
      expected.current = element.scrollTop;
    }
    exact.current = next;
    setTop(next);
  }, []);
  const jump = useCallback(
    (n: number) => show(n - 1 - Math.floor(geometry.current.viewportPx / ROW_PX / 3)),
    [show],
  );

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => {
      // The reference first: a jump may come before the next render.
      geometry.current = { ...geometry.current, viewportPx: element.clientHeight };
      setViewportPx(element.clientHeight);
      setTop((before) => Math.min(before, lastTop(geometry.current)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const onScroll = () => {
      if (Math.abs(element.scrollTop - expected.current) < 1) return;
      expected.current = -1;
      exact.current = lineAt(element.scrollTop, geometry.current);
      setTop(exact.current);
    };
    const onWheel = (event: WheelEvent) => {
      // On a proportional scrollbar one wheel step would skip hundreds of lines.
      if (!scaled(geometry.current) || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const px = event.deltaMode === 1 ? event.deltaY * ROW_PX : event.deltaY;
      show(exact.current + px / ROW_PX);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
    };
  }, [show]);

  return { ref, top, viewportPx, jump };
}
