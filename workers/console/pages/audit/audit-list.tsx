/** The audit chain: who did what to which thing, filtered by the URL, with a check of what is in sight. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { auditQuery } from "../../queries/audit.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import type { AuditSearch } from "../../search.ts";
import { Pages } from "../../table/pages.tsx";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { AuditEntry } from "../../wire.ts";
import { AuditFilters } from "./audit-filter.tsx";
import { AuditRecord } from "./audit-record.tsx";
import { ChainCheck } from "./chain-check.tsx";
import { ChainCopy } from "./chain-copy.tsx";
import { HeadList } from "./head-list.tsx";

const route = getRouteApi("/o/$org/audit");

export function AuditList() {
  const org = useMe().org.slug;
  const search = route.useSearch();
  const { items, next_cursor: next } = usePrefetched(auditQuery(search)).data;
  const { cursor, entry, ...filters } = search;
  return (
    <Page
      title="Audit"
      facts="Every change, chained by hashes: none can be altered or left out unseen."
      actions={<ChainCopy />}
    >
      <AuditFilters org={org} search={search} />
      {items.length === 0 ? (
        <NoRecords org={org} filtered={Object.keys(filters).length > 0 || cursor !== undefined} />
      ) : (
        <>
          <ChainCheck entries={items} />
          <Table
            label="Audit records"
            columns={columns(org, search)}
            rows={items}
            rowKey={(record) => record.id}
            current={entry}
            below={(record) => (record.id === entry ? <AuditRecord of={record} /> : null)}
          />
          <Pages
            first={cursor === undefined ? null : paths.audit(org, filters)}
            older={next === null ? null : paths.audit(org, { ...filters, cursor: next })}
          />
        </>
      )}
      <div className="mt-7">
        <Section title="Sealed days">
          <HeadList />
        </Section>
      </div>
    </Page>
  );
}

function columns(org: string, search: AuditSearch): readonly Column<AuditEntry>[] {
  const { entry, ...kept } = search;
  return [
    {
      name: "Action",
      cell: (record) => {
        const unfolded = record.id === entry;
        return (
          <Link
            {...paths.audit(org, unfolded ? kept : { ...kept, entry: record.id })}
            resetScroll={false}
            replace
            aria-expanded={unfolded}
            className="flex items-center gap-1 font-mono text-sm font-medium hover:underline"
          >
            <span className="max-md:hidden">
              <Icon name={unfolded ? "down" : "right"} />
            </span>
            {record.action}
          </Link>
        );
      },
    },
    {
      name: "On",
      grow: true,
      cell: (record) => (
        <span title={record.resource} className="font-mono text-sm text-soft">
          {record.resource}
        </span>
      ),
    },
    { name: "By", wide: true, cell: (record) => <Actor of={record} /> },
    {
      name: "Outcome",
      wide: true,
      cell: (record) => <State state={record.outcome} />,
    },
    {
      name: "Record",
      wide: true,
      right: true,
      cell: (record) => <span className="font-mono text-sm text-faint">#{record.seq}</span>,
    },
    { name: "When", right: true, cell: (record) => <Time at={record.created_at} /> },
  ];
}

/** The name if it is known; an erased one leaves the kind of actor. */
function Actor({ of: { actor, actor_name: name } }: { of: AuditEntry }) {
  return (
    <span className="inline-block max-w-40 truncate align-bottom" title={actor.id}>
      {name ?? <span className="text-faint">{actor.kind}</span>}
    </span>
  );
}

function NoRecords({ org, filtered }: { org: string; filtered: boolean }) {
  return filtered ? (
    <Empty
      title="No record matches"
      action={<ButtonLink {...paths.audit(org)}>Show all records</ButtonLink>}
    >
      <p>Other records exist; these filters leave none.</p>
    </Empty>
  ) : (
    <Empty title="No records yet">
      <p>
        Changes of members, keys, secrets, webhooks and limits appear here, each with who, when and
        what was before.
      </p>
    </Empty>
  );
}
