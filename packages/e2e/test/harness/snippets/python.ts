import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { generateStubs, templateOf } from "./generate.js";
import type { SnippetLanguage } from "./language.js";

/**
 * A snippet is a program, or lines that may await. They have `base_url`, and `threads` for the tenant acme: a sync
 * client where they await nothing.
 */
export const PYTHON: SnippetLanguage = {
  name: "Python",
  tag: "py",
  readme: "packages/sdk-python/README.md",
  async compile(snippets, protos) {
    // Says what to install where there is no Python, before anything is made.
    const bin = (await runScript([process.execPath, "scripts/python_env.mjs"])).trim();
    const python = join(bin, "python");
    const folder = await mkdtemp(join(tmpdir(), "ameide-python-"));
    const remove = () => rm(folder, { recursive: true, force: true });
    const fileOf = (i: number) => join(folder, `snippet${i}.py`);
    try {
      await generateStubs(
        folder,
        protos,
        templateOf("Stubs in Python", (plugin) => join(bin, plugin)),
      );
      await writeFile(join(folder, "ambient.py"), AMBIENT);
      for (const [i, { code }] of snippets.entries()) {
        await writeFile(fileOf(i), code);
      }
    } catch (error) {
      await remove();
      throw error;
    }
    return {
      async run(snippet, baseUrl) {
        const args = [join(folder, "ambient.py"), fileOf(snippets.indexOf(snippet))];
        const env = { ...process.env, BASE_URL: baseUrl };
        const { stdout } = await promisify(execFile)(python, args, { cwd: folder, env });
        return stdout.split("\n");
      },
      remove,
    };
  },
};

const AMBIENT = `import ast
import asyncio
import inspect
import os
import sys

import ameide_sdk
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)

BASE_URL = os.environ["BASE_URL"]
OPTIONS = {"allow_insecure_loopback": True, "tenant": "acme"}


async def run_async(code):
    async with ameide_sdk.connect(ThreadsServiceClient, BASE_URL, **OPTIONS) as threads:
        await eval(code, {"__name__": "__main__", "base_url": BASE_URL, "threads": threads})


with open(sys.argv[1], encoding="utf-8") as file:
    code = compile(file.read(), file.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
if code.co_flags & inspect.CO_COROUTINE:
    asyncio.run(run_async(code))
else:
    with ameide_sdk.connect(ThreadsServiceClientSync, BASE_URL, **OPTIONS) as threads:
        exec(code, {"__name__": "__main__", "base_url": BASE_URL, "threads": threads})
`;
