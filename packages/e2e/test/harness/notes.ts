/** A proto package as somebody adds it, with its fixture. */
export const CONTRACT = {
  "proto/ameide/notes/v1/notes.proto": `// Notes: short texts of a tenant.
syntax = "proto3";

package ameide.notes.v1;

import "ameide/policy/v1/policy.proto";

// Keeps notes.
service NotesService {
  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;

  // Returns one note, or \`not_found\`.
  rpc GetNote(GetNoteRequest) returns (GetNoteResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }

  // Lists the notes (AIP-158).
  rpc ListNotes(ListNotesRequest) returns (ListNotesResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }

  // Streams the notes as they are written.
  rpc WatchNotes(WatchNotesRequest) returns (stream WatchNotesResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (ameide.policy.v1.long_lived) = true;
  }
}

// A note.
message Note {
  // Server-assigned id.
  string id = 1;
  // What it says.
  string text = 2;
}

// Request of GetNote.
message GetNoteRequest {
  // Id of the note.
  string note_id = 1;
}

// Response of GetNote.
message GetNoteResponse {
  // The note.
  Note note = 1;
}

// Request of ListNotes.
message ListNotesRequest {
  // How many at most.
  int32 page_size = 1;
  // The \`next_page_token\` of the page before, empty for the first page.
  string page_token = 2;
}

// Response of ListNotes.
message ListNotesResponse {
  // The notes of the page.
  repeated Note notes = 1;
  // Token of the next page, empty on the last.
  string next_page_token = 2;
}

// Request of WatchNotes.
message WatchNotesRequest {}

// Response of WatchNotes.
message WatchNotesResponse {
  // The new note.
  Note note = 1;
}
`,
  "proto/ameide/notes/v1/testdata/get_note_request.json": `{
  "note_id": "n1"
}
`,
};

/** Its implementation in the reference server. */
export const SERVICE = {
  "packages/reference-server/src/notes.ts": `import type { NotesService } from "@ameideio/core-proto/ameide/notes/v1";
import type { Methods } from "./service.js";

/** NotesService. It has one note. */
export function notes(): Methods<typeof NotesService> {
  const note = { id: "n1", text: "hello" };
  return {
    getNote: () => ({ note }),
    listNotes: () => ({ notes: [note] }),
    async *watchNotes() {
      yield { note };
    },
  };
}
`,
};

const METER_STUB = 'import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";\n';
const METER_FILE = 'import { meter } from "./meter.js";\n';
const METER = "    serve(MeterService, meter);\n";

/** routes.ts with the service. */
export function route(routes: string): string {
  return [
    [METER_STUB, 'import { NotesService } from "@ameideio/core-proto/ameide/notes/v1";\n'],
    [METER_FILE, 'import { notes } from "./notes.js";\n'],
    [METER, "    serve(NotesService, notes);\n"],
  ].reduce((text, [line = "", added = ""]) => {
    if (!text.includes(line)) {
      throw new Error(`routes.ts has no line ${line.trim()}`);
    }
    return text.replace(line, `${line}${added}`);
  }, routes);
}

/** Calls the service by every way a user has; prints what it said. */
export const PROGRAM = `
  import { createClient, paginate } from "@ameideio/ameide-sdk-ts";
  import { createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
  import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
  import { NotesService } from "@ameideio/ameide-sdk-ts/notes/v1";
  import { startReferenceServer } from "@ameideio/reference-server";

  const server = await startReferenceServer();
  const options = { baseUrl: server.url, allowInsecureLoopback: true, tenant: "acme" };
  const transport = createAmeideTransport(options);
  const client = createClient(NotesService, transport);
  console.log((await client.getNote({ noteId: "n1" })).note.text);
  for await (const { text } of paginate(client.listNotes, {})) console.log(text);
  for await (const { note } of client.watchNotes({})) console.log(note.text);
  const all = createAmeideClient(options);
  console.log((await all.notes.getNote({ noteId: "n1" })).note.text);
  all.close();
  transport.close();
  await server.close();
`;

/** The same in Go, by the roster's client, at the address that is its argument. */
export const GO_PROGRAM = `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	notesv1 "github.com/ameideio/ameide-core-proto-go/ameide/notes/v1"
	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/client"
)

func main() {
	all, err := client.New(os.Args[1], ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer all.Close()
	response, err := all.Notes.GetNote(context.Background(), &notesv1.GetNoteRequest{NoteId: "n1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetNote().GetText())
}
`;

/** The same in Python. */
export const PYTHON_PROGRAM = `
import sys

from ameide_core_proto.ameide.notes.v1.notes_pb import GetNoteRequest
from ameide_sdk import AmeideClient

with AmeideClient(sys.argv[1], allow_insecure_loopback=True, tenant="acme") as ameide:
    print(ameide.notes.get_note(GetNoteRequest(note_id="n1")).note.text)
`;
