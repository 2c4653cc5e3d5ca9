/** The frame of the pages before a session: sign in, set up, redeem a link. */
import type { ReactNode } from "react";
import { Logo } from "../../ui/icons.tsx";
import { useTitle } from "../../ui/page.tsx";

export function Welcome({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <main className="mx-auto flex min-h-full max-w-sm flex-col px-4 pt-[14vh] pb-12">
      <p className="mb-6 flex items-center gap-2 text-lg font-semibold">
        <Logo />
        Edgewright
      </p>
      <h1 tabIndex={-1} className="text-2xl font-semibold">
        {title}
      </h1>
      <p className="mt-1 mb-5 text-soft">{lead}</p>
      {children}
    </main>
  );
}
