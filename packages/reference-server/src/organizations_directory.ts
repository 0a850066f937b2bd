import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  Member,
  Organization,
  OrganizationsDirectoryService,
} from "@ameideio/core-proto/ameide/identity/v1";
import { notFound } from "./errors.js";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** OrganizationsDirectoryService. Organizations and members come from the tenant's seed. */
export function organizationsDirectory(
  store: Store,
): Methods<typeof OrganizationsDirectoryService> {
  const find = (tenant: string, id: string): { organization: Organization; members: Member[] } => {
    const stored = store.tenant(tenant).organizations.get(id);
    if (stored === undefined) {
      throw notFound("organization", id);
    }
    return stored;
  };
  return {
    getOrganization(request, call) {
      return { organization: find(call.tenant, request.organizationId).organization };
    },

    listMembers(request, call) {
      const { members } = find(call.tenant, request.organizationId);
      const { items, nextPageToken } = paginate(store.sealer, call, request, members, {
        key: ({ id }) => id,
        direction: "ascending",
      });
      return { members: items, nextPageToken };
    },

    createApiKey(request, call) {
      find(call.tenant, request.organizationId);
      const { organizationId, displayName, scopes, expiresAt } = request;
      return store.apiKeys.add(call.tenant, {
        organizationId,
        displayName,
        scopes,
        ...(expiresAt && { expiresAt }),
      });
    },

    listApiKeys(request, call) {
      find(call.tenant, request.organizationId);
      const { items, nextPageToken } = paginate(
        store.sealer,
        call,
        request,
        store.apiKeys.list(call.tenant, request.organizationId),
        { key: ({ ordinal }) => numberKey(ordinal), direction: "descending" },
      );
      return { apiKeys: items.map(({ apiKey }) => apiKey), nextPageToken };
    },

    revokeApiKey(request, call) {
      const apiKey = store.apiKeys.find(call.tenant, request.apiKeyId);
      if (apiKey === undefined) {
        throw notFound("api_key", request.apiKeyId);
      }
      apiKey.revokedAt ??= timestampFromMs(store.now());
      return { apiKey };
    },
  };
}
