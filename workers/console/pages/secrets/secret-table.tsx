/** One group of secrets as a table. */
import { Link, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import type { SecretsSearch } from "../../search.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { count } from "../../ui/format.ts";
import { Time } from "../../ui/time.tsx";
import type { Secret } from "../../wire.ts";
import { partsOf, resourceOf } from "./secret-names.ts";

interface SecretTableProps {
  readonly org: string;
  readonly title: string;
  readonly secrets: readonly Secret[];
  readonly grants: readonly string[];
  readonly kept: SecretsSearch;
}

export function SecretTable({ org, title, secrets, grants, kept }: SecretTableProps) {
  const columns: readonly Column<Secret>[] = [
    { name: "Name", grow: true, cell: (secret) => <Name org={org} of={secret} /> },
    {
      name: "Fingerprint",
      wide: true,
      cell: (secret) => <code className="text-soft">{secret.fingerprint}</code>,
    },
    { name: "Version", wide: true, right: true, cell: (secret) => count(secret.version) },
    { name: "Uses, 30 days", wide: true, right: true, cell: (secret) => count(secret.uses) },
    { name: "Set", wide: true, right: true, cell: (secret) => <Time at={secret.created_at} /> },
    {
      name: "Actions",
      right: true,
      cell: (secret) => <Actions org={org} of={secret} grants={grants} kept={kept} />,
    },
  ];
  return (
    <Table
      label={`${title}: secrets`}
      columns={columns}
      rows={secrets}
      rowKey={(secret) => secret.name}
    />
  );
}

/** A webhook's signing secret is changed where the new one is shown: on the webhook's page. */
const MANAGED = "It belongs to a webhook: rotate it on the webhook's page.";

const webhookOf = (name: string): string | null => {
  const { kind, owner } = partsOf(name);
  return kind === "channel" && UUID.test(owner) ? owner : null;
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The part that distinguishes names of one group stands out; a webhook's signing secret leads to its webhook. */
function Name({ org, of }: { org: string; of: Secret }) {
  const { kind, owner, name } = partsOf(of.name);
  const webhook = webhookOf(of.name);
  return (
    <span className="font-mono text-sm" title={of.name}>
      <span className="text-faint">{owner === "" ? `${kind}.` : `${kind}.${owner}.`}</span>
      <span className="font-medium">{name}</span>
      {webhook === null ? null : (
        <Link {...paths.webhook(org, webhook)} className="ml-2 font-sans text-soft hover:underline">
          open the webhook
        </Link>
      )}
    </span>
  );
}

interface ActionsProps {
  readonly org: string;
  readonly of: Secret;
  readonly grants: readonly string[];
  readonly kept: SecretsSearch;
}

function Actions({ org, of: { name }, grants, kept }: ActionsProps) {
  const navigate = useNavigate();
  const missing =
    whyNot(grants, "secrets.write", resourceOf(name)) ??
    (webhookOf(name) === null ? null : MANAGED);
  const go = (dialog: "put" | "delete") =>
    void navigate(paths.secrets(org, { ...kept, dialog, name }));
  return (
    <span className="-mr-2 inline-flex gap-1">
      <Button variant="ghost" disabledReason={missing} onClick={() => go("put")}>
        Replace
      </Button>
      <Button variant="ghost" disabledReason={missing} onClick={() => go("delete")}>
        Delete
      </Button>
    </span>
  );
}
