import { create, fromJson, toJsonString, type JsonObject } from "@bufbuild/protobuf";
import { FinishReason, type GenerateRequest } from "@ameideio/core-proto/ameide/inference/v1";
import {
  MessagePartSchema,
  Role,
  ToolCallSchema,
  type MessagePart,
  type ToolCall,
} from "@ameideio/core-proto/ameide/threads/v1";
import { BYTES_PER_TOKEN, partTokens } from "./models.js";

/** Answer of a model. */
export interface Answer {
  /** The text, token by token. */
  readonly tokens: readonly string[];
  /** Called tool, with the tokens that the call counts. */
  readonly toolCall?: { readonly call: ToolCall; readonly tokens: number };
  readonly finishReason: FinishReason;
}

/**
 * The model of this server: an echo. It answers with the text of the last message, up to the first
 * stop sequence and at most `limit` tokens, where a token is up to 4 bytes of whole characters. If
 * the last message is a person's, and says the name of an offered tool, alone or followed by a JSON
 * object, that tool is called with that object.
 *
 * @param callId - Id of a tool call, if there is one.
 */
export function echo(request: GenerateRequest, limit: number, callId: string): Answer {
  const last = request.messages.at(-1);
  const said = (last?.parts ?? []).map(textOf).join("\n");
  const call = last?.role === Role.USER ? toolCallIn(said, request, callId) : undefined;
  if (call !== undefined) {
    const tokens = partTokens(
      create(MessagePartSchema, { content: { case: "toolCall", value: call } }),
    );
    return tokens > limit
      ? { tokens: [], finishReason: FinishReason.MAX_TOKENS }
      : { tokens: [], toolCall: { call, tokens }, finishReason: FinishReason.TOOL_CALL };
  }
  const tokens = split(beforeStop(said, request.options?.stopSequences ?? []));
  return {
    tokens: tokens.slice(0, limit),
    finishReason: tokens.length > limit ? FinishReason.MAX_TOKENS : FinishReason.STOP,
  };
}

function textOf(part: MessagePart): string {
  return part.content.case === "text" ? part.content.value : toJsonString(MessagePartSchema, part);
}

function toolCallIn(said: string, request: GenerateRequest, id: string): ToolCall | undefined {
  const text = said.trim();
  for (const { name } of request.options?.tools ?? []) {
    const json = text.startsWith(name) ? text.slice(name.length).trim() || "{}" : "";
    if (json.startsWith("{") && json.endsWith("}")) {
      try {
        return fromJson(ToolCallSchema, { id, name, arguments: JSON.parse(json) as JsonObject });
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}

function beforeStop(text: string, stopSequences: readonly string[]): string {
  const ends = stopSequences.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}

function split(text: string): string[] {
  const tokens: string[] = [];
  let token = "";
  for (const character of text) {
    if (Buffer.byteLength(token + character) > BYTES_PER_TOKEN) {
      tokens.push(token);
      token = "";
    }
    token += character;
  }
  return token === "" ? tokens : [...tokens, token];
}
