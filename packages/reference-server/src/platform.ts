import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { OrganizationSchema as DirectoryOrganizationSchema } from "@ameideio/core-proto/ameide/identity/v1";
import {
  InvitationSchema,
  InvitationState,
  OrganizationRoleSchema,
  OrganizationSchema,
  TeamSchema,
  TenantSchema,
  UserSchema,
  type Invitation,
  type Organization,
  type OrganizationRole,
  type Team,
  type Tenant,
  type User,
} from "@ameideio/core-proto/ameide/platform/v1";
import { Resources } from "./resources.js";
import type { Store } from "./store.js";

/** What the platform keeps of a tenant. */
export interface Platform {
  readonly organizations: Resources<Organization>;
  readonly teams: Resources<Team>;
  readonly users: Resources<User>;
  readonly invitations: Resources<Invitation>;
  readonly roles: Resources<OrganizationRole>;
}

/** Returns what the platform keeps of a tenant. It begins with the directory's organizations. */
export function platformOf(store: Store, tenant: string): Platform {
  return store.state(tenant, makePlatform);
}

/** Returns all tenants that were created. */
export function tenantsOf(store: Store): Resources<Tenant> {
  return store.state("", makeTenants);
}

/** Shows an organization to other services as it is now. */
export function tellDirectory(store: Store, tenant: string, organization: Organization): void {
  const { id, realmName: slug, displayName, createdAt } = organization;
  const { organizations } = store.tenant(tenant);
  const told = create(DirectoryOrganizationSchema, {
    id,
    slug,
    displayName,
    ...(createdAt && { createdAt }),
  });
  organizations.set(id, { organization: told, members: organizations.get(id)?.members ?? [] });
}

/** Returns an invitation in its state of now: a pending one expires by itself. */
export function currentInvitation(store: Store, invitation: Invitation): Invitation {
  const { state, expiresAt } = invitation;
  const expired = expiresAt !== undefined && timestampMs(expiresAt) <= store.now();
  return state === InvitationState.PENDING && expired
    ? { ...invitation, state: InvitationState.EXPIRED }
    : invitation;
}

const makeTenants = (store: Store) =>
  new Resources(store, TenantSchema, "tenant", {
    writable: ["display_name", "state", "labels"],
    required: ["display_name", "state"],
  });

function makePlatform(store: Store, tenant: string): Platform {
  const platform: Platform = {
    organizations: new Resources(store, OrganizationSchema, "organization", {
      writable: ["display_name", "domains"],
      required: ["display_name"],
      unique: ({ realmName }) => realmName,
    }),
    teams: new Resources(store, TeamSchema, "team", {
      writable: ["name", "description"],
      required: ["name"],
      unique: ({ organizationId, name }) => `${organizationId}/${name}`,
    }),
    users: new Resources(store, UserSchema, "user", {
      writable: ["display_name", "locale", "state"],
      required: ["state"],
      unique: ({ email }) => email,
    }),
    invitations: new Resources(store, InvitationSchema, "invitation", {
      writable: ["role_ids", "note", "expires_at"],
      required: ["expires_at"],
    }),
    roles: new Resources(store, OrganizationRoleSchema, "organization_role", {
      writable: ["name", "description", "permissions"],
      required: ["name"],
      unique: ({ organizationId, name }) => `${organizationId}/${name}`,
    }),
  };
  for (const { organization } of store.tenant(tenant).organizations.values()) {
    const { id, slug: realmName, displayName, createdAt } = organization;
    const init: MessageInitShape<typeof OrganizationSchema> = { id, realmName, displayName };
    platform.organizations.create({ ...init, ...(createdAt && { createdAt }) });
  }
  return platform;
}
