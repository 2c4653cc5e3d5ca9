/** Usage: limits as they stand, one month by meter, day and key, spend caps, and the export. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { permits } from "../../can.ts";
import { Select } from "../../forms/field.tsx";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { capsQuery, limitsQuery, monthQuery, thisMonth } from "../../queries/usage.ts";
import { Page, Section } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";
import { useNow } from "../../ui/time.tsx";
import { CapEdit } from "./cap-edit.tsx";
import { CapList } from "./cap-list.tsx";
import { DayChart } from "./day-chart.tsx";
import { Exports } from "./export-buttons.tsx";
import { KeyUsage } from "./key-usage.tsx";
import { LimitList } from "./limit-list.tsx";
import { MeterTable } from "./meter-table.tsx";
import { lastMonths, meterOf, METERS, money } from "./meters.ts";

const route = getRouteApi("/o/$org/usage");

export function UsageSummary() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const { dialog, scope, ...kept } = search;
  const navigate = useNavigate();
  const now = useNow();
  const month = search.month ?? thisMonth();
  const meter = meterOf(search.meter);
  const limits = usePrefetched(limitsQuery).data;
  const report = usePrefetched(monthQuery(month, "meter")).data;
  const caps = usePrefetched(capsQuery).data.items;
  const close = () => void navigate(paths.usage(org, kept));
  return (
    <Page
      title="Usage"
      beside={<Tag>{limits.tier}</Tag>}
      facts="What was used, what is held back for running work, and where it ends."
      actions={<Exports month={month} />}
    >
      <Section title="Limits now">
        <LimitList limits={limits.limits} />
      </Section>
      <Section
        title="By day"
        aside={
          <Select
            label="Month"
            value={month}
            options={lastMonths(now)}
            change={(value) => void navigate(paths.usage(org, { ...kept, month: value }))}
          />
        }
      >
        <DayChart month={month} meter={meter} />
      </Section>
      <Section
        title="By meter"
        aside={<span className="text-soft">{money(report.total_cost_usd)} this month</span>}
      >
        <MeterTable org={org} rows={report.rows} meter={meter} kept={kept} />
      </Section>
      <Section title={`${METERS[meter].label} by key`}>
        <KeyUsage org={org} month={month} meter={meter} grants={me.grants} />
      </Section>
      <Section title="Spend caps">
        <CapList org={org} caps={caps} grants={me.grants} kept={kept} />
      </Section>
      <CapEdit
        key={scope ?? "org"}
        scope={scope ?? "org"}
        cap={caps.find((cap) => cap.scope === (scope ?? "org"))}
        open={dialog === "cap" && permits(me.grants, "usage.write", "usage")}
        close={close}
      />
    </Page>
  );
}
