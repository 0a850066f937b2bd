import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  InvitationState,
  UserState,
  type Invitation,
  type InvitationsService,
} from "@ameideio/core-proto/ameide/platform/v1";
import type { Call } from "./call.js";
import { alreadyExists } from "./collection.js";
import { notFound, precondition } from "./errors.js";
import { currentInvitation, platformOf, type Platform } from "./platform.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

const GOOD_FOR_MS = 7 * 24 * 60 * 60_000;

/** InvitationsService. */
export function invitations(store: Store): Methods<typeof InvitationsService> {
  const of = (tenant: string) => platformOf(store, tenant);
  const current = (invitation: Invitation) => currentInvitation(store, invitation);
  const find = (call: Call, id: string) => current(of(call.tenant).invitations.get(id));
  return {
    createInvitation({ organizationId, email, roleIds, note, expiresAt }, call) {
      const platform = of(call.tenant);
      platform.organizations.get(organizationId);
      demandRoles(platform, organizationId, roleIds);
      const address = email.toLowerCase();
      const pending = platform.invitations
        .all()
        .map(current)
        .some(
          (each) =>
            each.state === InvitationState.PENDING &&
            each.organizationId === organizationId &&
            each.email === address,
        );
      if (pending) {
        throw alreadyExists("invitation", address);
      }
      const invitation = platform.invitations.create({
        organizationId,
        email: address,
        roleIds,
        note,
        state: InvitationState.PENDING,
        expiresAt: expiresAt ?? timestampFromMs(store.now() + GOOD_FOR_MS),
      });
      return { invitation };
    },

    getInvitation({ invitationId }, call) {
      return { invitation: find(call, invitationId) };
    },

    updateInvitation({ invitation: patch, updateMask }, call) {
      const platform = of(call.tenant);
      const { organizationId } = platform.invitations.get(patch?.id ?? "");
      demandRoles(platform, organizationId, patch?.roleIds ?? []);
      return { invitation: current(platform.invitations.update(patch, updateMask)) };
    },

    deleteInvitation({ invitationId }, call) {
      of(call.tenant).invitations.delete(invitationId);
      return {};
    },

    listInvitations(request, call) {
      const { organizationId, state } = request;
      const { items, nextPageToken } = of(call.tenant).invitations.page(call, request, {
        where: (each) =>
          (organizationId === "" || organizationId === each.organizationId) &&
          (state === InvitationState.UNSPECIFIED || state === current(each).state),
      });
      return { invitations: items.map(current), nextPageToken };
    },

    acceptInvitation({ invitationId }, call) {
      const platform = of(call.tenant);
      const invitation = find(call, invitationId);
      if (invitation.state === InvitationState.ACCEPTED) {
        return { invitation, user: platform.users.get(invitation.userId) };
      }
      demandState(invitation, InvitationState.PENDING);
      const user = join(platform, invitation);
      const state = InvitationState.ACCEPTED;
      const accepted = platform.invitations.patch(invitationId, { state, userId: user.id });
      return { invitation: accepted, user };
    },

    revokeInvitation({ invitationId }, call) {
      const invitation = find(call, invitationId);
      if (invitation.state === InvitationState.REVOKED) {
        return { invitation };
      }
      demandState(invitation, InvitationState.PENDING, InvitationState.EXPIRED);
      const state = InvitationState.REVOKED;
      return { invitation: of(call.tenant).invitations.patch(invitationId, { state }) };
    },
  };
}

function join({ users }: Platform, { email, organizationId }: Invitation) {
  const known = users.all().find((user) => user.email === email);
  if (known === undefined) {
    const organizationIds = [organizationId];
    return users.create({ email, organizationIds, state: UserState.ACTIVE });
  }
  const organizationIds = [...new Set([...known.organizationIds, organizationId])];
  return users.patch(known.id, { organizationIds });
}

function demandRoles({ roles }: Platform, organizationId: string, ids: readonly string[]): void {
  for (const id of ids) {
    if (roles.get(id).organizationId !== organizationId) {
      throw notFound("organization_role", id);
    }
  }
}

function demandState({ state }: Invitation, ...allowed: readonly InvitationState[]): void {
  if (!allowed.includes(state)) {
    const name = InvitationState[state];
    throw precondition(`INVITATION_${name}`, `the invitation is ${name.toLowerCase()}`);
  }
}
