import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  DefinitionSchema,
  DefinitionVersionSchema,
  RunSchema,
  RunState,
  type Definition,
  type DefinitionVersion,
  type Run,
  type WorkflowsService,
} from "@ameideio/core-proto/ameide/workflows/v1";
import { Changes } from "./changes.js";
import { Collection } from "./collection.js";
import { invalidField, Problem } from "./errors.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import { circleIn } from "./step_order.js";
import type { Store } from "./store.js";
import { cancelled, hasEnded, newRun, reported } from "./workflow_runs.js";

interface Workflows {
  readonly definitions: Resources<Definition>;
  readonly versions: Collection<DefinitionVersion>;
  readonly runs: Resources<Run>;
  /** Announces changes of any run. */
  readonly changes: Changes;
}

const makeWorkflows = (store: Store): Workflows => ({
  definitions: new Resources(store, DefinitionSchema, "definition", {
    writable: ["name", "description", "rules"],
    required: ["name"],
    unique: ({ name }) => name,
  }),
  versions: new Collection(store, "version"),
  runs: new Resources(store, RunSchema, "run"),
  changes: new Changes(),
});

/** WorkflowsService. */
export function workflows(store: Store): Methods<typeof WorkflowsService> {
  const of = (tenant: string) => store.state(tenant, makeWorkflows);
  const change = ({ runs, changes }: Workflows, run: Run): Run => {
    run.revision += 1n;
    const changed = runs.replace(run);
    changes.announce();
    return changed;
  };
  return {
    createDefinition({ name, description, rules }, call) {
      return { definition: of(call.tenant).definitions.create({ name, description, rules }) };
    },

    getDefinition({ definitionId }, call) {
      return { definition: of(call.tenant).definitions.get(definitionId) };
    },

    updateDefinition({ definition, updateMask }, call) {
      return { definition: of(call.tenant).definitions.update(definition, updateMask) };
    },

    listDefinitions(request, call) {
      const { items, nextPageToken } = of(call.tenant).definitions.page(call, request, {
        key: ({ name }) => name,
        direction: "ascending",
      });
      return { definitions: items, nextPageToken };
    },

    createVersion({ definitionId, steps, notes }, call) {
      const { definitions, versions } = of(call.tenant);
      const { latestVersion } = definitions.get(definitionId);
      const circle = circleIn(steps);
      if (circle !== undefined) {
        throw invalidField("steps", circle.reason, circle.description);
      }
      const { latestVersion: version } = definitions.patch(definitionId, {
        latestVersion: latestVersion + 1,
      });
      const createdAt = store.timestamp();
      const init = { definitionId, version, steps, notes, createdAt };
      const added = create(DefinitionVersionSchema, init);
      return { version: versions.add(versionKey(definitionId, version), added) };
    },

    listVersions(request, call) {
      const { definitions, versions } = of(call.tenant);
      definitions.get(request.definitionId);
      const { items, nextPageToken } = versions.page(call, request, {
        where: ({ definitionId }) => definitionId === request.definitionId,
      });
      return { versions: items, nextPageToken };
    },

    startRun({ definitionId, version, input }, call) {
      const { definitions, versions, runs } = of(call.tenant);
      const definition = definitions.get(definitionId);
      const found = versions.get(versionKey(definitionId, version || definition.latestVersion));
      const active = runs
        .all()
        .filter((run) => run.definitionId === definitionId && !hasEnded(run.state));
      demandRules(definition, { active: active.length, input: input ?? {} });
      return { run: runs.create(newRun(found, input)) };
    },

    getRun({ runId }, call) {
      return { run: of(call.tenant).runs.get(runId) };
    },

    listRuns(request, call) {
      const { definitionId, state } = request;
      const { items, nextPageToken } = of(call.tenant).runs.page(call, request, {
        where: (run) =>
          (definitionId === "" || definitionId === run.definitionId) &&
          (state === RunState.UNSPECIFIED || state === run.state),
      });
      return { runs: items, nextPageToken };
    },

    cancelRun({ runId, reason }, call) {
      const state = of(call.tenant);
      const run = state.runs.get(runId);
      if (run.state === RunState.CANCELLED) {
        return { run };
      }
      return { run: change(state, cancelled(run, reason, store.timestamp())) };
    },

    reportStatus(report, call) {
      const state = of(call.tenant);
      const run = state.runs.get(report.runId);
      const { steps } = state.versions.get(versionKey(run.definitionId, run.version));
      const changed = reported(run, steps, report, store.timestamp());
      return { run: changed === undefined ? run : change(state, changed) };
    },

    async *watchRun({ runId, afterRevision }, call) {
      const { runs, changes } = of(call.tenant);
      let seen = afterRevision;
      for (;;) {
        // A change replaces the run, so what is being sent stays as it is.
        const run = runs.get(runId);
        if (run.revision > seen) {
          seen = run.revision;
          yield { run };
        } else if (hasEnded(run.state)) {
          return;
        } else {
          await changes.next(call.signal);
        }
      }
    },
  };
}

function versionKey(definitionId: string, version: number): string {
  return `${definitionId}/${version}`;
}

function demandRules(
  { rules }: Definition,
  run: { active: number; input: Record<string, unknown> },
): void {
  for (const { name, condition } of rules) {
    const holds =
      condition.case === "maxActiveRuns"
        ? run.active < condition.value
        : condition.case !== "requiredInput" || Object.hasOwn(run.input, condition.value);
    if (!holds) {
      throw new Problem(
        Code.FailedPrecondition,
        "RULE_BROKEN",
        `the rule "${name}" does not hold`,
        {
          metadata: { rule: name },
        },
      );
    }
  }
}
