import { Code, ConnectError } from "@connectrpc/connect";
import type { WireOptions } from "../options/options.js";
import { TRAILERS } from "../wire/envelope_flags.js";
import type { AnyRequest, Recording } from "../wire/recorder.js";
import type { AnswerEnd } from "./answer_messages.js";
import { AnyGrpcTransport } from "./any_grpc_transport.js";
import { type GrpcHead, lacksStatus } from "./grpc_protocol.js";
import {
  grpcWebHeaders,
  isGoodGrpcWeb,
  readGrpcWebHead,
  readTrailersInBody,
} from "./grpc_web_protocol.js";
import { protocolError, statedError } from "./protocol_errors.js";
import type { HttpAnswer } from "./wire_transport.js";

/** Transport of the gRPC-Web protocol. */
export class GrpcWebTransport extends AnyGrpcTransport {
  constructor(options: WireOptions) {
    super(options, grpcWebHeaders);
  }

  // The trailers of gRPC-Web are in the body.
  protected override async post(
    request: AnyRequest,
    body: AsyncIterable<Uint8Array>,
    recording: Recording | undefined,
  ): Promise<HttpAnswer> {
    return { ...(await super.post(request, body, recording)), trailer: new Headers() };
  }

  protected async head(answer: HttpAnswer, recording: Recording | undefined): Promise<GrpcHead> {
    if (!isGoodGrpcWeb(answer)) {
      await this.drained(answer, recording);
    } else if (recording !== undefined) {
      recording.goodStatus = answer.status;
    }
    return readGrpcWebHead(answer, this.form);
  }

  protected endOf({ header, trailer }: HttpAnswer, recording: Recording | undefined): AnswerEnd {
    const lacks = (begun: boolean) => lacksStatus(trailer, header, begun);
    return {
      endFlag: TRAILERS,
      readEnd(content) {
        const end = readTrailersInBody(content, header);
        if (end instanceof ConnectError) {
          throw statedError(end, recording);
        }
        end.forEach((value, name) => trailer.set(name, value));
      },
      lacksStatus: lacks,
      check(begun) {
        if (lacks(begun)) {
          throw protocolError("missing status", Code.Internal);
        }
      },
    };
  }

  protected hasStatus({ header, trailer }: HttpAnswer): boolean {
    return trailer.has("grpc-status") || header.has("grpc-status");
  }
}
