/** The browser's storage for small choices. It can be blocked; then nothing is remembered, and nothing fails. */

export function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // Storage is blocked by the browser; defaults hold then.
  }
}

/** null forgets the name. */
export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage is blocked by the browser; the choice then lasts until the page is left.
  }
}
