import { AuthType, SourceOfTruthArea } from "@ameideio/core-proto/ameide/connectors/v1";

const { OAUTH2, API_KEY, BASIC, SERVICE_ACCOUNT } = AuthType;
const { CRM, HR, CALENDAR, MESSAGING, TASKS, DOCUMENTS, BILLING, CODE } = SourceOfTruthArea;

/** What a provider lets connections do. */
export interface ConnectorProvider {
  readonly authTypes: readonly AuthType[];
  /** Types of entities by area, in order. */
  readonly serves: readonly {
    readonly area: SourceOfTruthArea;
    readonly entityTypes: readonly string[];
    /** Whether they can be changed. */
    readonly writes: boolean;
    /** Whether the provider tells of their changes. */
    readonly watches: boolean;
  }[];
}

/** The providers that the server knows. */
export const CONNECTOR_PROVIDERS: ReadonlyMap<string, ConnectorProvider> = new Map(
  Object.entries({
    github: {
      authTypes: [OAUTH2, API_KEY],
      serves: [
        { area: TASKS, entityTypes: ["issue"], writes: true, watches: true },
        { area: CODE, entityTypes: ["pull_request", "repository"], writes: true, watches: true },
      ],
    },
    google: {
      authTypes: [OAUTH2, SERVICE_ACCOUNT],
      serves: [
        { area: CALENDAR, entityTypes: ["event"], writes: true, watches: true },
        { area: MESSAGING, entityTypes: ["message"], writes: true, watches: false },
        { area: DOCUMENTS, entityTypes: ["document", "file"], writes: true, watches: false },
      ],
    },
    hubspot: {
      authTypes: [OAUTH2, API_KEY],
      serves: [
        { area: CRM, entityTypes: ["company", "contact", "deal"], writes: true, watches: true },
      ],
    },
    salesforce: {
      authTypes: [OAUTH2, BASIC],
      serves: [
        { area: CRM, entityTypes: ["company", "contact", "deal"], writes: true, watches: true },
        { area: TASKS, entityTypes: ["task"], writes: true, watches: false },
      ],
    },
    slack: {
      authTypes: [OAUTH2],
      serves: [{ area: MESSAGING, entityTypes: ["message"], writes: true, watches: true }],
    },
    stripe: {
      authTypes: [API_KEY],
      serves: [
        { area: BILLING, entityTypes: ["invoice", "payment"], writes: false, watches: true },
      ],
    },
    workday: {
      authTypes: [OAUTH2, BASIC],
      serves: [
        {
          area: HR,
          entityTypes: ["employee", "work_relationship"],
          writes: false,
          watches: false,
        },
      ],
    },
  } satisfies Record<string, ConnectorProvider>),
);
