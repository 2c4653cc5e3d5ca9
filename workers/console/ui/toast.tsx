/** Short messages at the edge of the screen: what an action did, or why it could not [CN7]. */
import { useSyncExternalStore } from "react";
import type { ApiError } from "../errors.ts";
import { ErrorCode, SignInAgain } from "./failure.tsx";
import { Icon } from "./icons.tsx";

interface Toast {
  readonly id: number;
  readonly title: string;
  /** null for a success. */
  readonly error: ApiError | null;
}

const SHOWN_MAX = 4;
const OK_MS = 4_000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

export function toastOk(title: string): void {
  const id = add({ title, error: null });
  setTimeout(() => dismiss(id), OK_MS);
}

/** Stays until it is dismissed: what somebody must have read. */
export function toastNote(title: string): void {
  add({ title, error: null });
}

/** Stays until it is dismissed: an error that vanishes cannot be quoted. */
export function toastError(error: ApiError): void {
  add({ title: error.detail ?? error.title, error });
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="fixed right-3 bottom-3 z-50 flex w-[min(400px,calc(100vw-24px))] flex-col gap-2"
    >
      {shown.map((toast) => (
        <div
          key={toast.id}
          className="flex gap-2 rounded-lg border border-line bg-panel p-3 shadow-dialog"
        >
          <span className={`pt-0.5 ${toast.error === null ? "text-ok" : "text-fail"}`}>
            <Icon name={toast.error === null ? "check" : "alert"} />
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium break-words">{toast.title}</p>
            {toast.error === null ? null : (
              <>
                <p className="text-soft">{toast.error.remedy}</p>
                <SignInAgain error={toast.error} />
                <ErrorCode error={toast.error} />
              </>
            )}
          </div>
          <button
            type="button"
            aria-label="Dismiss"
            className="flex size-6 items-center justify-center rounded-sm text-soft hover:bg-raised"
            onClick={() => dismiss(toast.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </section>
  );
}

function add(toast: Omit<Toast, "id">): number {
  const id = nextId;
  nextId += 1;
  toasts = [...toasts, { ...toast, id }].slice(-SHOWN_MAX);
  tell();
  return id;
}

function dismiss(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
