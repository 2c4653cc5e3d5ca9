/** The Oxlint plugin `house`: the rules of lint-rules.ts under their names. Oxlint needs a default export. */
import {
  alarmClamped,
  fetchThroughAdapter,
  knownCode,
  layers,
  noRawHtml,
  pureWorld,
  reasonedDisable,
} from "./lint-rules.ts";

export default {
  meta: { name: "house" },
  rules: {
    layers,
    "pure-world": pureWorld,
    "reasoned-disable": reasonedDisable,
    "alarm-clamped": alarmClamped,
    "fetch-through-adapter": fetchThroughAdapter,
    "known-code": knownCode,
    "no-raw-html": noRawHtml,
  },
};
