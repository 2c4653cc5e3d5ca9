/** One record unfolded: what changed, from what to what, and how to find it again. */
import { Copyable } from "../../ui/copy.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { FullTime } from "../../ui/time.tsx";
import type { AuditEntry } from "../../wire.ts";
import { linesOf } from "./audit-words.ts";

export function AuditRecord({ of }: { of: AuditEntry }) {
  return (
    <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
      <Changes of={of} />
      <Facts>
        <Fact name="When">
          <FullTime at={of.created_at} />
        </Fact>
        <Fact name="By">
          {of.actor_name ?? "name not kept"}{" "}
          <span className="text-faint">
            {of.actor.kind} <span className="font-mono text-sm break-all">{of.actor.id}</span>
          </span>
        </Fact>
        <Fact name="From">
          {of.ip === null && of.user_agent === null ? (
            <span className="text-faint">not kept</span>
          ) : (
            <>
              {of.ip ?? "address not kept"}{" "}
              <span className="text-sm break-words text-faint">{of.user_agent}</span>
            </>
          )}
        </Fact>
        <Fact name="On">
          <span className="font-mono text-sm break-all">{of.resource}</span>
        </Fact>
        <Fact name="Request">
          <Copyable text={of.request_id} label="Copy the request id" />
        </Fact>
        <Fact name="Hash">
          <Copyable text={of.hash} label="Copy the hash" />
        </Fact>
      </Facts>
    </div>
  );
}

function Changes({ of }: { of: AuditEntry }) {
  const lines = linesOf(of.changes);
  if (lines.length === 0) return <p className="text-faint">This record names no changed fields.</p>;
  return (
    <table aria-label="Changes" className="w-full table-fixed self-start">
      <thead>
        <tr className="text-left text-sm text-faint">
          <th scope="col" className="w-28 font-normal">
            Field
          </th>
          <th scope="col" className="font-normal">
            Before
          </th>
          <th scope="col" className="font-normal">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.field} className="border-t border-line align-top">
            <th scope="row" className="py-1 pr-2 text-left font-normal break-words text-soft">
              {line.field}
            </th>
            <Value text={line.before} tone="bg-fail-wash" />
            <Value text={line.after} tone="bg-ok-wash" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ text, tone }: { text: string; tone: string }) {
  return (
    <td className="py-1 pr-2">
      {text === "" ? (
        <span className="text-faint">nothing</span>
      ) : (
        <code className={`rounded-sm px-1 break-all ${tone}`}>{text}</code>
      )}
    </td>
  );
}
