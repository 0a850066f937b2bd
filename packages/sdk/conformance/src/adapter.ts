#!/usr/bin/env node
import { answer } from "./answer.js";
import { readFrames, toFrame } from "./frames.js";

for await (const text of readFrames(process.stdin)) {
  void answer(text).then((response) => process.stdout.write(toFrame(response)));
}
