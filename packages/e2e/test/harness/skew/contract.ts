/** A module as it was, and one minor version later. */
export type Age = "older" | "newer";

/** Where the file of each lies: one path each, so that stubs of both can be loaded. */
export const protoOf = (age: Age) => `proto/${age}/v1/skew.proto`;

/** The text of the file. What is newer is a field of each kind, a value of an enum, and a method. */
export function textOf(age: Age): string {
  return age === "newer" ? NEWER : OLDER;
}

const NEWER = `syntax = "proto3";
package skew.v1;
service TasksService {
  rpc GetTask(GetTaskRequest) returns (GetTaskResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc WatchTask(GetTaskRequest) returns (stream GetTaskResponse);
  rpc PutTasks(stream PutTaskRequest) returns (PutTasksResponse);
  rpc SyncTasks(stream PutTaskRequest) returns (stream GetTaskResponse);
  rpc CloseTask(GetTaskRequest) returns (GetTaskResponse); // newer
}
enum Priority {
  PRIORITY_UNSPECIFIED = 0;
  PRIORITY_LOW = 1;
  PRIORITY_HIGH = 2; // newer
}
message Task {
  string id = 1;
  string title = 2;
  Priority priority = 3;
  string owner = 4; // newer
  repeated Label labels = 5; // newer
}
message Label { // newer
  string name = 1; // newer
} // newer
message GetTaskRequest {
  string id = 1;
  bool with_labels = 2; // newer
}
message GetTaskResponse { Task task = 1; }
message PutTaskRequest { Task task = 1; }
message PutTasksResponse {
  int32 count = 1;
  string receipt = 2; // newer
}
`;

const OLDER = NEWER.replaceAll(/^.*\/\/ newer\n/gm, "");
