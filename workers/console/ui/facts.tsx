/** What is known about one thing: names on the left, values on the right, aligned. */
import type { ReactNode } from "react";

/** @param framed draws the box of a page; a dialog or drawer is a box already */
export function Facts({ framed = false, children }: { framed?: boolean; children: ReactNode }) {
  return (
    <dl
      className={`grid grid-cols-[auto_1fr] items-baseline gap-x-6 gap-y-1.5 ${framed ? "rounded-lg border border-line bg-panel px-4 py-3" : ""}`}
    >
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
