import type { WireOptions } from "../options/options.js";
import type { Recording } from "../wire/recorder.js";
import type { AnswerEnd } from "./answer_messages.js";
import { AnyGrpcTransport } from "./any_grpc_transport.js";
import {
  type GrpcHead,
  grpcHeaders,
  lacksStatus,
  readGrpcHead,
  readTrailers,
} from "./grpc_protocol.js";
import { statedError } from "./protocol_errors.js";
import type { HttpAnswer } from "./wire_transport.js";

/** Transport of the gRPC protocol. */
export class GrpcTransport extends AnyGrpcTransport {
  constructor(options: WireOptions) {
    super(options, grpcHeaders);
  }

  protected head(
    answer: HttpAnswer,
    recording: Recording | undefined,
  ): GrpcHead | Promise<GrpcHead> {
    return answer.status === 200
      ? readGrpcHead(answer, this.form)
      : this.drained(answer, recording).then(() => readGrpcHead(answer, this.form));
  }

  protected endOf({ header, trailer }: HttpAnswer, recording: Recording | undefined): AnswerEnd {
    return {
      endFlag: 0,
      readEnd: () => {},
      lacksStatus: (begun) => lacksStatus(trailer, header, begun),
      check() {
        const error = readTrailers(trailer, header);
        if (error !== undefined) {
          throw statedError(error, recording);
        }
      },
    };
  }

  protected hasStatus({ trailer }: HttpAnswer): boolean {
    return trailer.has("grpc-status");
  }
}
