import { clone, create } from "@bufbuild/protobuf";
import {
  type Client,
  type ClientMethod,
  type Manifest,
  type Method,
  type Surface,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { LANGUAGES, SCHEMA, type Sdk } from "../../src/index.js";
import { there } from "./images.js";

/** The surface of an SDK that has all that a manifest wants, and nothing else. */
export function wantedSurface(
  { services, messages, enums }: Manifest,
  sdk: Sdk,
  edit: (surface: Surface) => void = () => {},
): Surface {
  const language = LANGUAGES[sdk];
  const surface = create(SurfaceSchema, {
    schema: SCHEMA,
    sdk,
    stubs: services,
    messages,
    enums,
    clients: services.map(({ name: service, names, methods }) => ({
      entry: "entry",
      name: there(names)[language],
      methods: methods.map(({ name, names: each, kind, input, output, idempotency }) => ({
        name: there(each)[language],
        procedure: `${service}/${name}`,
        kind,
        input,
        output,
        idempotency,
      })),
    })),
  });
  // Edits are of the surface alone.
  const own = clone(SurfaceSchema, surface);
  edit(own);
  return own;
}

/** The client of a service in a surface, by its name. */
export function clientIn({ clients }: Surface, name: string): Client {
  return there(clients.find((client) => client.name === name));
}

/** A method of a client in a surface, by its name. */
export function callIn(surface: Surface, client: string, name: string): ClientMethod {
  return there(clientIn(surface, client).methods.find((method) => method.name === name));
}

/** A method of a manifest, or of the stubs of a surface, by its full name. */
export function methodIn(of: Manifest | Surface, name: string): Method {
  const [service, method] = name.split("/");
  const services = "services" in of ? of.services : of.stubs;
  const methods = services.find((each) => each.name === service)?.methods;
  return there(methods?.find((each) => each.name === method));
}
