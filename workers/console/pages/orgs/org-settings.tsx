/** Settings of the organization: its name, what cannot be changed, and its end. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { orgQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { FullTime } from "../../ui/time.tsx";
import { OrgDelete } from "./org-delete.tsx";
import { OrgName } from "./org-name.tsx";

const route = getRouteApi("/o/$org/settings/org");

export function OrgSettings() {
  const me = useMe();
  const org = usePrefetched(orgQuery).data;
  const navigate = useNavigate();
  const { dialog } = route.useSearch();
  const endless = whyNot(me.grants, "org.delete", "org");
  return (
    <Page title="Settings" facts={`What ${org.name} is called, and what it may use.`}>
      <Section title="General">
        <OrgName org={org} missing={whyNot(me.grants, "org.write", "org")} />
      </Section>
      <Section title="What stays">
        <Facts framed>
          <Fact name="Short name">
            <span className="font-mono text-sm">{org.slug}</span>
            <span className="ml-2 text-faint">stands in every address and stays as it is</span>
          </Fact>
          <Fact name="Id">
            <span className="inline-flex max-w-full items-center gap-1">
              <span className="truncate font-mono text-sm">{org.id}</span>
              <CopyButton text={org.id} label="Copy the id" />
            </span>
          </Fact>
          <Fact name="Tier">
            <Tag>{org.tier}</Tag>
            <span className="ml-2 text-faint">changed by the operator of this installation</span>
          </Fact>
          <Fact name="State">
            <State state={org.status} />
          </Fact>
          <Fact name="Created">
            <FullTime at={org.created_at} />
          </Fact>
        </Facts>
      </Section>
      <Section title="Danger zone">
        <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-fail bg-panel px-4 py-3">
          <div className="min-w-0">
            <p className="font-medium">Delete this organization</p>
            <p className="text-soft">
              Everybody loses access at once; the data goes after 30 days.
            </p>
          </div>
          <Button
            variant="danger"
            icon="trash"
            disabledReason={endless}
            onClick={() => void navigate(paths.settingsOrg(me.org.slug, { dialog: "delete" }))}
          >
            Delete
          </Button>
        </div>
      </Section>
      <OrgDelete
        org={org}
        me={me}
        open={dialog === "delete" && endless === null}
        close={() => void navigate(paths.settingsOrg(me.org.slug))}
      />
    </Page>
  );
}
