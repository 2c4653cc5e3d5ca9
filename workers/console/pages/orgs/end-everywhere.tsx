/** The dialog that ends every session of the user and revokes the keys they made: for a lost laptop [ID15]. */
import { useNavigate } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { revokeAll, sessionsQuery } from "../../queries/account.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { sessionIsOver } from "../../session.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { plural } from "../../ui/format.ts";
import { useLiveKeys } from "./live-keys.ts";

export function EndEverywhere({ open, close }: { open: boolean; close: () => void }) {
  const me = useMe();
  const navigate = useNavigate();
  const sessions = usePrefetched(sessionsQuery).data.items.length;
  const live = useLiveKeys(open ? me.user.id : undefined);
  const end = useAction({
    run: revokeAll,
    quiet: true,
    done: () => {
      void navigate(paths.login());
      sessionIsOver();
    },
  });
  return (
    <Confirm
      title="Sign out everywhere?"
      open={open}
      close={close}
      action="End all sessions"
      run={() => end.mutate(undefined)}
      keep="Cancel"
      pending={end.isPending}
      error={end.error}
      consequences={[
        sessions === 1
          ? "This session ends. You have no other."
          : `${plural(sessions, "session")} end, this one too.`,
        live === null || live.length > 0
          ? `${live === null ? "All API keys" : plural(live.length, "API key")} you made ${live?.length === 1 ? "is" : "are"} revoked, in every organization.`
          : "API keys you made are revoked, in every organization; here you made none.",
        "Afterwards sign in again, and make new keys for what needs them.",
      ]}
    />
  );
}
