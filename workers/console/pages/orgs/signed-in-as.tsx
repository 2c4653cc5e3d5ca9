/** Who somebody is on the pages outside of an organization. */
import { useQueryClient } from "@tanstack/react-query";
import { useAction } from "../../queries/action.ts";
import { signOut } from "../../session.ts";

/** Who the browser is signed in as, and the way to be somebody else. */
export function SignedInAs({
  name,
  email,
  before,
}: {
  name: string;
  email: string | null;
  /** What the page keeps over its own reload. */
  before?: () => void;
}) {
  const client = useQueryClient();
  const leave = useAction({
    run: signOut,
    done: () => {
      before?.();
      client.clear();
      location.reload();
    },
  });
  return (
    <p className="mt-6 text-soft">
      Signed in as <strong className="font-medium text-ink">{name}</strong>
      {email === null ? "" : ` (${email})`}.{" "}
      <button
        type="button"
        className="rounded-sm text-accent underline"
        onClick={() => leave.mutate(undefined)}
      >
        Sign out
      </button>
    </p>
  );
}
