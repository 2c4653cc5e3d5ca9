/** The frame of one page: title in the tab, heading that takes the focus, actions beside it. */
import { useEffect } from "react";
import type { ReactNode } from "react";

interface PageProps {
  readonly title: string;
  /** Beside the heading: state, tags. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  /** Below the heading: one line of facts. */
  readonly facts?: ReactNode;
  /** The page fills the window and its parts scroll by themselves. */
  readonly full?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, beside, actions, facts, full = false, children }: PageProps) {
  useTitle(title);
  // Such a page scrolls in its parts; the router restores none of them and leaves the frame where it was.
  useEffect(() => {
    if (full) document.querySelector("#content")?.scrollTo(0, 0);
  }, [full]);
  return (
    <div
      className={
        full ? "flex min-h-full flex-col lg:h-full" : "mx-auto max-w-xl px-4 pt-5 pb-12 md:px-7"
      }
    >
      <header
        className={`flex items-start justify-between gap-x-4 gap-y-2 max-md:flex-wrap ${full ? "border-b border-line px-4 py-3 md:px-5" : "mb-5"}`}
      >
        <div className="min-w-0">
          <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
            <h1 tabIndex={-1} className="min-w-0 text-xl font-semibold break-words">
              {title}
            </h1>
            {beside}
          </div>
          {facts === undefined ? null : (
            <div className="mt-0.5 flex flex-wrap gap-x-4 text-soft">{facts}</div>
          )}
        </div>
        <div className="flex flex-wrap gap-2 md:shrink-0">{actions}</div>
      </header>
      {children}
    </div>
  );
}

/** The name of the page in the browser tab and for screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Edgewright`;
  }, [title]);
}

export function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className="mb-7">
      <div className="mb-2 flex min-h-7 items-center justify-between gap-3">
        <h2 className="font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** What will appear here, one action, one command [CN8]. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-3 rounded-lg border border-dashed border-edge p-5">
      <p className="text-lg font-semibold">{title}</p>
      <div className="flex w-full max-w-md min-w-0 flex-col gap-3 text-soft">{children}</div>
      {action}
    </div>
  );
}
