/** The signed-in user: who, in which organization, the choices of this browser, and the way out. */
import { Link, useNavigate } from "@tanstack/react-router";
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
import { Button } from "../../ui/button.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";

export function AccountDetail() {
  const me = useMe();
  const navigate = useNavigate();
  const leave = useAction({ run: signOut, done: () => void navigate(paths.login()) });
  return (
    <Page
      title="Account"
      actions={
        <Button icon="out" pending={leave.isPending} onClick={() => leave.mutate(undefined)}>
          Sign out
        </Button>
      }
    >
      <Section title="You">
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 rounded-lg border border-line bg-panel px-4 py-3">
          <dt className="text-faint">Name</dt>
          <dd className="min-w-0 break-words">{me.user.name}</dd>
          <dt className="text-faint">E-mail</dt>
          <dd className="min-w-0 break-words">{me.user.email ?? "none"}</dd>
          <dt className="text-faint">Organization</dt>
          <dd className="min-w-0 break-words">
            {me.org.name} <Tag>{me.org.role}</Tag>
          </dd>
        </dl>
      </Section>
      {me.orgs.length < 2 ? null : (
        <Section title="Your organizations">
          <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
            {me.orgs.map((org) => (
              <li key={org.id} className="flex items-center gap-3 px-4 py-2">
                <Link
                  {...paths.overview(org.slug)}
                  preload={false}
                  className="font-medium hover:underline"
                >
                  {org.name}
                </Link>
                <Tag>{org.role}</Tag>
                {org.id === me.org.id ? <span className="text-faint">current</span> : null}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="This browser">
        <Preferences />
      </Section>
      <Section title={`Permissions (${me.grants.length})`}>
        <ul className="flex flex-wrap gap-1.5 rounded-lg border border-line bg-panel p-3">
          {me.grants.map((grant) => (
            <li key={grant} className="min-w-0">
              <Tag>{grant.replace(/@\*\*$/, "")}</Tag>
            </li>
          ))}
        </ul>
      </Section>
    </Page>
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
