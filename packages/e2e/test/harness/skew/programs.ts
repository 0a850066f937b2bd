import type { Tag } from "../snippets/snippet.js";
import type { Age } from "./contract.js";

/**
 * A program over stubs of one age, for every kind of method, in each format: it reads the server's task, sends it
 * back, and prints what it sees. The newer one changes what is newer before, and calls the newer method.
 */
export function programOf(tag: Tag, age: Age): string {
  const lines = PROGRAMS[tag].replaceAll("AGE", age);
  return age === "newer"
    ? lines.replaceAll(/ *(\/\/|#) newer$/gm, "")
    : lines.replaceAll(/^.*(\/\/|#) newer\n/gm, "");
}

const PROGRAMS: Record<Tag, string> = {
  ts: `import { createClient } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { Code, ConnectError } from "@connectrpc/connect"; // newer
import { Priority } from "./gen/AGE/v1/skew_pb.js"; // newer
import { type Task, TasksService } from "./gen/AGE/v1/skew_pb.js";

function show(task: Task | undefined): string {
  const shown: (string | number | undefined)[] = [task?.title, task?.priority];
  shown.push(task?.owner); // newer
  return shown.join(" ").trim();
}

async function* twice(task: Task | undefined) {
  yield { task };
  yield { task };
}

for (const format of ["binary", "json"] as const) {
  const baseUrl = process.env["BASE_URL"] ?? "";
  const options = { baseUrl, format, httpVersion: "2", allowInsecureLoopback: true } as const;
  const transport = createAmeideTransport(options);
  const tasks = createClient(TasksService, transport);
  const { task } = await tasks.getTask({
    id: "t1",
    withLabels: true, // newer
  });
  console.log(format, "get", show(task));
  for await (const response of tasks.watchTask({ id: "t1" })) {
    console.log(format, "watch", show(response.task));
  }
  if (task !== undefined) { // newer
    task.owner = "bob"; // newer
    task.priority = Priority.HIGH; // newer
  } // newer
  const { count } = await tasks.putTasks(twice(task));
  console.log(format, "put", count);
  for await (const response of tasks.syncTasks(twice(task))) {
    console.log(format, "sync", show(response.task));
  }
  try { // newer
    console.log(format, "close", show((await tasks.closeTask({ id: "t1" })).task)); // newer
  } catch (error) { // newer
    console.log(format, "close", Code[ConnectError.from(error).code].toLowerCase()); // newer
  } // newer
  transport.close();
}
`,
  go: `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"connectrpc.com/connect" // newer

	skew "example.com/my-service/gen/AGE/v1"
	"example.com/my-service/gen/AGE/v1/skewv1connect"

	ameide "github.com/ameideio/ameide-sdk-go"
)

func show(task *skew.Task) string {
	shown := fmt.Sprint(task.GetTitle(), " ", int32(task.GetPriority()))
	shown += " " + task.GetOwner() // newer
	return strings.TrimSpace(shown)
}

func main() {
	for _, format := range []string{"binary", "json"} {
		if err := play(context.Background(), format); err != nil {
			log.Fatal(err)
		}
	}
}

func play(ctx context.Context, format string) error {
	encoding := ameide.WithBinary()
	if format == "json" {
		encoding = ameide.WithJSON()
	}
	transport, err := ameide.NewTransport(os.Getenv("BASE_URL"), encoding,
		ameide.WithHTTPVersion(ameide.HTTP2), ameide.AllowInsecureLoopback())
	if err != nil {
		return err
	}
	defer transport.Close()
	tasks := ameide.NewClient(transport, skewv1connect.NewTasksServiceClient)
	request := &skew.GetTaskRequest{Id: "t1"}
	request.WithLabels = true // newer
	response, err := tasks.GetTask(ctx, request)
	if err != nil {
		return err
	}
	task := response.GetTask()
	fmt.Println(format, "get", show(task))

	watch, err := tasks.WatchTask(ctx, request)
	if err != nil {
		return err
	}
	for response, err := range ameide.Messages(watch) {
		if err != nil {
			return err
		}
		fmt.Println(format, "watch", show(response.GetTask()))
	}

	task.Owner = "bob" // newer
	task.Priority = skew.Priority_PRIORITY_HIGH // newer
	put, err := tasks.PutTasks(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if err := put.Send(&skew.PutTaskRequest{Task: task}); err != nil {
			return err
		}
	}
	counted, err := put.CloseAndReceive()
	if err != nil {
		return err
	}
	fmt.Println(format, "put", counted.GetCount())

	sync, err := tasks.SyncTasks(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if err := sync.Send(&skew.PutTaskRequest{Task: task}); err != nil {
			return err
		}
		response, err := sync.Receive()
		if err != nil {
			return err
		}
		fmt.Println(format, "sync", show(response.GetTask()))
	}
	if err := sync.CloseRequest(); err != nil {
		return err
	}
	if err := sync.CloseResponse(); err != nil {
		return err
	}
	closed, err := tasks.CloseTask(ctx, request) // newer
	if err != nil { // newer
		fmt.Println(format, "close", connect.CodeOf(err)) // newer
	} else { // newer
		fmt.Println(format, "close", show(closed.GetTask())) // newer
	} // newer
	return nil
}
`,
  py: `import asyncio
import os

import ameide_sdk
from gen.AGE.v1.skew_connect import TasksServiceClient
from gen.AGE.v1.skew_pb import GetTaskRequest, PutTaskRequest
from gen.AGE.v1.skew_pb import Priority  # newer


def show(task):
    shown = [task.title, str(int(task.priority))]
    shown.append(task.owner)  # newer
    return " ".join(shown).strip()


async def twice(task):
    for _ in range(2):
        yield PutTaskRequest(task=task)


async def play(format):
    options = {"format": format, "http_version": "2", "allow_insecure_loopback": True}
    async with ameide_sdk.connect(TasksServiceClient, os.environ["BASE_URL"], **options) as tasks:
        request = GetTaskRequest(id="t1")
        request.with_labels = True  # newer
        task = (await tasks.get_task(request)).task
        print(format, "get", show(task))
        async for response in tasks.watch_task(request):
            print(format, "watch", show(response.task))
        task.owner = "bob"  # newer
        task.priority = Priority.HIGH  # newer
        print(format, "put", (await tasks.put_tasks(twice(task))).count)
        async for response in tasks.sync_tasks(twice(task)):
            print(format, "sync", show(response.task))
        try:  # newer
            print(format, "close", show((await tasks.close_task(request)).task))  # newer
        except ameide_sdk.AmeideError as error:  # newer
            print(format, "close", error.code.value)  # newer


async def main():
    for format in ("binary", "json"):
        await play(format)


await main()
`,
};
