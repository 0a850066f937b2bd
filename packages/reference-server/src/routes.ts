import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";
import { AgentsService } from "@ameideio/core-proto/ameide/agents/v1";
import { AgentsRuntimeService } from "@ameideio/core-proto/ameide/agents_runtime/v1";
import { ApprovalService } from "@ameideio/core-proto/ameide/approvals/v1";
import { AuditService } from "@ameideio/core-proto/ameide/audit/v1";
import { ChatService } from "@ameideio/core-proto/ameide/chat/v1";
import { ConnectorService } from "@ameideio/core-proto/ameide/connectors/v1";
import { EntityService } from "@ameideio/core-proto/ameide/entities/v1";
import { GovernanceService } from "@ameideio/core-proto/ameide/governance/v1";
import { GraphService } from "@ameideio/core-proto/ameide/graph/v1";
import {
  OrganizationsDirectoryService,
  SessionsService,
  TokenService,
} from "@ameideio/core-proto/ameide/identity/v1";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MemoryService } from "@ameideio/core-proto/ameide/memory/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import {
  InvitationsService,
  OrganizationRolesService,
  OrganizationsService,
  TeamsService,
  TenantsService,
  UsersService,
} from "@ameideio/core-proto/ameide/platform/v1";
import { NotificationService } from "@ameideio/core-proto/ameide/notifications/v1";
import { ObjectiveService } from "@ameideio/core-proto/ameide/objectives/v1";
import { PromptService } from "@ameideio/core-proto/ameide/prompts/v1";
import { RepositoryService } from "@ameideio/core-proto/ameide/repository/v1";
import { SkillService } from "@ameideio/core-proto/ameide/skills/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { TransformationService } from "@ameideio/core-proto/ameide/transformation/v1";
import { WorkflowsService } from "@ameideio/core-proto/ameide/workflows/v1";
import { Router } from "@ameideio/core-proto/beamline/flow/v1";
import { Provider } from "@ameideio/core-proto/beamline/provider/v1";
import { agents } from "./agents.js";
import { agentsRuntime } from "./agents_runtime.js";
import { approvals } from "./approvals.js";
import { audit } from "./audit.js";
import { authInterceptor, organizationInterceptor } from "./auth.js";
import { chat } from "./chat.js";
import { connectors } from "./connectors.js";
import { entities } from "./entities.js";
import { governance } from "./governance.js";
import { graph } from "./graph.js";
import { inference } from "./inference.js";
import { invitations } from "./invitations.js";
import { memory } from "./memory.js";
import { meter } from "./meter.js";
import { notifications } from "./notifications.js";
import { objectives } from "./objectives.js";
import { organizationRoles } from "./organization_roles.js";
import { organizations } from "./organizations.js";
import { organizationsDirectory } from "./organizations_directory.js";
import { prompts } from "./prompts.js";
import { provider } from "./provider.js";
import { reportInterceptor } from "./report.js";
import { repository } from "./repository.js";
import { flowRouter } from "./router.js";
import { implement, type Methods } from "./service.js";
import { sessions } from "./sessions.js";
import { skills } from "./skills.js";
import type { Store } from "./store.js";
import { teams } from "./teams.js";
import { tenantInterceptor } from "./tenant.js";
import { tenants } from "./tenants.js";
import { threads } from "./threads.js";
import { token } from "./token.js";
import { transformation } from "./transformation.js";
import { users } from "./users.js";
import { workflows } from "./workflows.js";

// One for all stores: its rules are compiled at the first call of each method.
const validateInterceptor = createValidateInterceptor();

/**
 * Returns the services as Connect routes, for `connectNodeAdapter`, for `createRouterTransport`, or
 * for any other server. They bring their own interceptors; those of the router do not apply to
 * them.
 */
export function routes(store: Store): (router: ConnectRouter) => void {
  const interceptors = [
    reportInterceptor(store),
    authInterceptor(store),
    tenantInterceptor(store),
    organizationInterceptor(store),
    validateInterceptor,
  ];
  return (router) => {
    const serve = <S extends DescService>(service: S, methods: (store: Store) => Methods<S>) =>
      router.service(service, implement(store, service, methods(store)), { interceptors });
    serve(AgentsRuntimeService, agentsRuntime);
    serve(AgentsService, agents);
    serve(ApprovalService, approvals);
    serve(AuditService, audit);
    serve(ChatService, chat);
    serve(ConnectorService, connectors);
    serve(EntityService, entities);
    serve(GovernanceService, governance);
    serve(GraphService, graph);
    serve(InferenceService, inference);
    serve(InvitationsService, invitations);
    serve(MemoryService, memory);
    serve(MeterService, meter);
    serve(NotificationService, notifications);
    serve(ObjectiveService, objectives);
    serve(OrganizationRolesService, organizationRoles);
    serve(OrganizationsDirectoryService, organizationsDirectory);
    serve(OrganizationsService, organizations);
    serve(PromptService, prompts);
    serve(Provider, provider);
    serve(RepositoryService, repository);
    serve(Router, flowRouter);
    serve(SessionsService, sessions);
    serve(SkillService, skills);
    serve(TeamsService, teams);
    serve(TenantsService, tenants);
    serve(ThreadsService, threads);
    serve(TokenService, token);
    serve(TransformationService, transformation);
    serve(UsersService, users);
    serve(WorkflowsService, workflows);
  };
}
