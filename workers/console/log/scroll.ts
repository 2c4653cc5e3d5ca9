/** Which line stands at the top for a scroll position, and back; proportional where a log is taller than an element may be. */

export const ROW_PX = 18;
/** Browsers clamp element heights near 16 million px: from here on the scrollbar maps proportionally. */
export const ROWS_EXACT_MAX = 800_000;

export interface Geometry {
  readonly totalLines: number;
  readonly viewportPx: number;
  /** Wrapped rows are taller than ROW_PX: the last line may then be scrolled to the top. */
  readonly wrap: boolean;
}

/** Height of the scrolled element in px. */
export function heightPx(geometry: Geometry): number {
  const rows = Math.min(geometry.totalLines, ROWS_EXACT_MAX) * ROW_PX;
  return geometry.wrap ? rows + Math.max(0, geometry.viewportPx - ROW_PX) : rows;
}

/** Lines above the top edge, with a fraction: 0 shows line 1 in full. */
export function lineAt(scrollPx: number, geometry: Geometry): number {
  const room = roomPx(geometry);
  return room <= 0 ? 0 : clamp((scrollPx / room) * lastTop(geometry), 0, lastTop(geometry));
}

/** The scroll position that shows `top` lines above the edge; inverse of lineAt. */
export function scrollFor(top: number, geometry: Geometry): number {
  const last = lastTop(geometry);
  return last <= 0 ? 0 : (clamp(top, 0, last) / last) * roomPx(geometry);
}

/** Whether a pixel of the scrollbar is more than a pixel of text. */
export const scaled = (geometry: Geometry): boolean => geometry.totalLines > ROWS_EXACT_MAX;

/** The greatest number of lines above the edge. */
export function lastTop(geometry: Geometry): number {
  return Math.max(
    0,
    geometry.wrap ? geometry.totalLines - 1 : geometry.totalLines - geometry.viewportPx / ROW_PX,
  );
}

const roomPx = (geometry: Geometry): number => heightPx(geometry) - geometry.viewportPx;

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));
