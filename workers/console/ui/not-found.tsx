/** A URL without a page, or of an area the user may not read. */
import { Link } from "@tanstack/react-router";
import { paths } from "../paths.ts";
import { useTitle } from "./page.tsx";

export function NotFound() {
  useTitle("Not found");
  return (
    <main className="mx-auto max-w-lg px-4 py-16">
      <h1 tabIndex={-1} className="text-xl font-semibold">
        There is no such page
      </h1>
      <p className="mt-1 text-soft">
        The address may be mistyped, the thing deleted, or your role may not read this area.
      </p>
      <p className="mt-4">
        <Link {...paths.home()} className="text-accent underline">
          Go to the overview
        </Link>
      </p>
    </main>
  );
}
