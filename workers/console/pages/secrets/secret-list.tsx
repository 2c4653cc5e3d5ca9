/** Secrets by who may read them: names, versions and fingerprints. A value is sent, never shown [SC3]. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { whyNot } from "../../can.ts";
import { Select } from "../../forms/field.tsx";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { secretsQuery } from "../../queries/secrets.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { SecretDelete } from "./secret-delete.tsx";
import { grouped, READERS } from "./secret-names.ts";
import type { SecretGroup } from "./secret-names.ts";
import { NoSecrets } from "./secret-none.tsx";
import { SecretPut } from "./secret-put.tsx";
import { SecretTable } from "./secret-table.tsx";

const route = getRouteApi("/o/$org/secrets");

export function SecretList() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const { dialog, name, ...kept } = search;
  const navigate = useNavigate();
  const secrets = usePrefetched(secretsQuery).data;
  const groups = grouped(secrets).filter(
    ({ kind }) => search.reader === undefined || search.reader === kind,
  );
  const missing = whyNot(me.grants, "secrets.write", "secrets");
  const make = (
    <Button
      variant="primary"
      icon="plus"
      disabledReason={missing}
      onClick={() => void navigate(paths.secrets(org, { ...kept, dialog: "put" }))}
    >
      Set a secret
    </Button>
  );
  const target = secrets.find((secret) => secret.name === name);
  const close = () => void navigate(paths.secrets(org, kept));
  return (
    <Page
      title="Secrets"
      facts="Values that code may use and nobody can read: they are sealed when they arrive and never shown again."
      actions={secrets.length === 0 ? null : make}
    >
      {secrets.length === 0 ? (
        <NoSecrets make={make} />
      ) : (
        <>
          <ReaderFilter org={org} reader={search.reader} />
          {groups.length === 0 ? <NoMatch org={org} /> : null}
          {groups.map((group) => (
            <Group key={group.kind} group={group}>
              <SecretTable
                org={org}
                title={group.title}
                secrets={group.secrets}
                grants={me.grants}
                kept={kept}
              />
            </Group>
          ))}
          <AboutFingerprints />
        </>
      )}
      <SecretPut
        key={`put ${name}`}
        secrets={secrets}
        target={target}
        open={dialog === "put" && missing === null}
        close={close}
      />
      <SecretDelete
        key={`delete ${name}`}
        target={dialog === "delete" && missing === null ? target : undefined}
        close={close}
      />
    </Page>
  );
}

function Group({ group, children }: { group: SecretGroup; children: ReactNode }) {
  return (
    <Section
      title={group.title}
      aside={<span className="text-sm text-faint max-md:hidden">Read by {group.read}.</span>}
    >
      {children}
    </Section>
  );
}

function ReaderFilter({ org, reader }: { org: string; reader: string | undefined }) {
  const navigate = useNavigate();
  return (
    <div className="mb-3">
      <Select
        label="Read by"
        value={reader ?? ""}
        options={[
          { value: "", label: "Any" },
          ...READERS.map(({ kind, title }) => ({ value: kind, label: title })),
        ]}
        change={(value) => void navigate(paths.secrets(org, { reader: value }))}
      />
    </div>
  );
}

/** Why a fingerprint is shown, and what it can and cannot tell. */
function AboutFingerprints() {
  return (
    <details className="max-w-md text-soft">
      <summary className="w-fit rounded-sm text-faint hover:text-ink">
        What does a fingerprint tell?
      </summary>
      <p className="mt-1.5">
        Equal values of one name have equal fingerprints, so you can see whether a replacement
        changed anything, and whether the value you have at hand is the one that is stored: set it
        again and compare. The same value under another name or in another organization has another
        fingerprint, and nothing leads from a fingerprint back to the value.
      </p>
    </details>
  );
}

function NoMatch({ org }: { org: string }) {
  return (
    <Empty
      title="No secret has this reader"
      action={<ButtonLink {...paths.secrets(org)}>Show all secrets</ButtonLink>}
    >
      <p>Other secrets exist; this filter leaves none.</p>
    </Empty>
  );
}
