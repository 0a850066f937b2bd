export { answerCors, type CorsAnswer } from "./cors.js";
export {
  startReferenceServer,
  type ReferenceServer,
  type ReferenceServerOptions,
} from "./server.js";
export type { ServerTls } from "./accept.js";
export type { Generation } from "./generations.js";
export type { RoutedProvider } from "./routed_providers.js";
export { routes } from "./routes.js";
export {
  createStore,
  type RecordedUsage,
  type Store,
  type StoreOptions,
  type TenantSeed,
} from "./store.js";
export type { Claims, StaticToken } from "./tokens.js";
export { DEFAULT_PAGE_SIZE } from "./pages.js";
