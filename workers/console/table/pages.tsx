/** The foot of a list: older and first page, by the cursor in the URL [CN12]. */
import { ButtonLink } from "../ui/button.tsx";
import type { LinkProps } from "@tanstack/react-router";

interface PagesProps {
  readonly first: LinkProps | null;
  readonly older: LinkProps | null;
}

export function Pages({ first, older }: PagesProps) {
  if (first === null && older === null) return null;
  return (
    <nav aria-label="Pages" className="mt-3 flex justify-end gap-2">
      {first === null ? null : (
        <ButtonLink {...first} icon="left">
          Newest
        </ButtonLink>
      )}
      {older === null ? null : (
        <ButtonLink {...older} icon="right">
          Older
        </ButtonLink>
      )}
    </nav>
  );
}
