/** Bodies of answers under their names in the OpenAPI document: one name is one schema. */
import { named } from "../../http/answers.ts";
import { Analysis, AnalysisSummary } from "../model.ts";

export const AnalysisAnswer = named("Analysis", Analysis);
export const SummaryAnswer = named("AnalysisSummary", AnalysisSummary);
