/** /link#t=: signs in with the one-use link that `npm run login` printed. */
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { takeToken } from "../../fragment.ts";
import { redeemLink } from "../../queries/orgs.ts";
import { useAction } from "../../queries/action.ts";
import { adopt } from "../../session.ts";
import { Command } from "../../ui/copy.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Welcome } from "./welcome.tsx";

export function LinkRedeem() {
  const [token] = useState(takeToken);
  const router = useRouter();
  const action = useAction({
    run: redeemLink,
    quiet: true,
    done: (session) => {
      adopt(session);
      router.history.push("/");
    },
  });
  // A link works once: it is redeemed once, whatever React does with this effect.
  const redeemed = useRef(false);
  const { mutate } = action;
  useEffect(() => {
    if (token === null || redeemed.current) return;
    redeemed.current = true;
    mutate(token);
  }, [token, mutate]);
  const failed = token === null || action.isError;
  return (
    <Welcome
      title={failed ? "This link does not work" : "Signing you in"}
      lead={failed ? "Sign-in links work once, for 10 minutes." : "One moment."}
    >
      <InlineError error={action.error} />
      {failed ? (
        <div className="mt-3">
          <Command text="npm run login" label="Command that prints a new sign-in link" />
        </div>
      ) : null}
    </Welcome>
  );
}
