/** The signed-in user: who, how they sign in, where they are signed in, the choices of this browser, and the way out. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Check, Select } from "../../forms/field.tsx";
import {
  setSingleKeys,
  setTheme,
  setUtc,
  useSingleKeys,
  useTheme,
  useUtc,
} from "../../preferences.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useMe } from "../../queries/me.ts";
import { signOut } from "../../session.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";
import type { Me } from "../../wire.ts";
import { AccountDelete } from "./account-delete.tsx";
import { Identities } from "./account-identities.tsx";
import { AccountName } from "./account-name.tsx";
import { Sessions } from "./account-sessions.tsx";
import { EndEverywhere } from "./end-everywhere.tsx";
import { OrgNew } from "./org-new.tsx";

const route = getRouteApi("/o/$org/account");

export function AccountDetail() {
  const me = useMe();
  const org = me.org.slug;
  const navigate = useNavigate();
  const { dialog, identity, error } = route.useSearch();
  const close = () => void navigate(paths.account(org));
  const leave = useAction({ run: signOut, done: () => void navigate(paths.login()) });
  return (
    <Page
      title="Account"
      facts={me.user.email ?? "No e-mail address"}
      actions={
        <Button icon="out" pending={leave.isPending} onClick={() => leave.mutate(undefined)}>
          Sign out
        </Button>
      }
    >
      <Section title="You">
        <AccountName saved={me.user.name} />
      </Section>
      <Identities org={org} unlinking={dialog === "unlink" ? identity : undefined} failed={error} />
      <Sessions org={org} />
      <Organizations me={me} />
      <Section title="This browser">
        <Preferences />
      </Section>
      <Section title={`What you may do in ${me.org.name} (${me.grants.length})`}>
        <ul className="flex flex-wrap gap-1.5 rounded-lg border border-line bg-panel p-3">
          {me.grants.map((grant) => (
            <li key={grant} className="min-w-0">
              <Tag>{grant.replace(/@\*\*$/, "")}</Tag>
            </li>
          ))}
        </ul>
      </Section>
      <AccountDelete me={me} open={dialog === "delete"} close={close} />
      <EndEverywhere open={dialog === "everywhere"} close={close} />
      <OrgNew open={dialog === "org"} close={close} />
    </Page>
  );
}

function Organizations({ me }: { me: Me }) {
  return (
    <Section
      title="Your organizations"
      aside={
        me.may_create_orgs ? (
          <ButtonLink {...paths.account(me.org.slug, { dialog: "org" })} icon="plus">
            Create one
          </ButtonLink>
        ) : null
      }
    >
      <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
        {me.orgs.map((org) => (
          <li key={org.id} className="flex items-center gap-3 px-4 py-2">
            <Link
              {...paths.overview(org.slug)}
              preload={false}
              className="min-w-0 truncate font-medium hover:underline"
            >
              {org.name}
            </Link>
            <Tag>{org.role}</Tag>
            {org.id === me.org.id ? <span className="text-faint">current</span> : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Preferences() {
  const theme = useTheme();
  const utc = useUtc();
  const single = useSingleKeys();
  return (
    <div className="flex flex-col items-start gap-3 rounded-lg border border-line bg-panel px-4 py-3">
      <Select
        label="Theme"
        value={theme}
        options={[
          { value: "system", label: "As the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
        change={(value) => setTheme(value === "light" || value === "dark" ? value : "system")}
      />
      <Check label="Show times in UTC" checked={utc} change={setUtc} />
      <Check label="Single-letter keys (g r, n, p, ?)" checked={single} change={setSingleKeys} />
    </div>
  );
}
