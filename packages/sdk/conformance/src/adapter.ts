#!/usr/bin/env node
import { answer } from "./answer.js";
import { readFrames, toFrame } from "./frames.js";

let waiting: Buffer[] = [];

for await (const text of readFrames(process.stdin)) {
  void answer(text).then(send);
}

// Written together: a write for each of thousands of answers costs more than the answers.
function send(response: string): void {
  if (waiting.length === 0) {
    setImmediate(flush);
  }
  waiting.push(toFrame(response));
}

function flush(): void {
  process.stdout.write(Buffer.concat(waiting));
  waiting = [];
}
