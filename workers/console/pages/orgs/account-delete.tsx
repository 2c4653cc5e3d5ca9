/** The user's way out for good: what deleting the account means, and their name to type [CN9] [AU5]. */
import { useNavigate } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { deleteMe } from "../../queries/account.ts";
import { useAction } from "../../queries/action.ts";
import { sessionIsOver } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { plural } from "../../ui/format.ts";
import { Section } from "../../ui/page.tsx";
import type { Me } from "../../wire.ts";

interface AccountDeleteProps {
  readonly me: Me;
  readonly open: boolean;
  readonly close: () => void;
}

export function AccountDelete({ me, open, close }: AccountDeleteProps) {
  const navigate = useNavigate();
  const remove = useAction({
    run: deleteMe,
    quiet: true,
    done: () => {
      void navigate(paths.login());
      sessionIsOver();
    },
  });
  return (
    <Section title="Danger zone">
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-fail bg-panel px-4 py-3">
        <div className="min-w-0">
          <p className="font-medium">Delete your account</p>
          <p className="text-soft">Everything that names you is erased; there is no way back.</p>
        </div>
        <Button
          variant="danger"
          icon="trash"
          onClick={() => void navigate(paths.account(me.org.slug, { dialog: "delete" }))}
        >
          Delete my account
        </Button>
      </div>
      <Confirm
        title="Delete your account?"
        open={open}
        close={close}
        action="Delete it for good"
        run={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
        typed={me.user.name}
        consequences={[
          `You leave ${plural(me.orgs.length, "organization")}, and every session ends, this one too.`,
          "API keys you made are revoked in every organization: whatever uses them stops.",
          "Your name, e-mail address, identities, IP addresses and browsers are erased, in audit logs as well.",
          "What you made stays, without your name: analyses, runs and the audit records.",
          "An organization whose only owner you are comes first: give it another owner, or delete it.",
        ]}
      />
    </Section>
  );
}
