// @ts-check
import { chmodSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newestPython } from "../newest_python.mjs";
import { plant } from "./harness/planted.mjs";

const BROKEN = "#!/bin/sh\necho 'pyenv: python3.29: command not found' >&2\nexit 127\n";

describe("newestPython", () => {
  beforeEach(() => {
    vi.stubEnv("PYENV_ROOT", "/nowhere");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("finds the newest on the PATH and of pyenv, past shims of none", async () => {
    const { root } = plant({
      "bin/python3.29": BROKEN,
      "bin/python3.27": version("3.27.1"),
      "pyenv/versions/3.28.4/bin/python3": version("3.28.4"),
      "pyenv/versions/2.7.18/bin/python3": version("2.7.18"),
    });
    const programs = [
      "bin/python3.29",
      "bin/python3.27",
      "pyenv/versions/3.28.4/bin/python3",
      "pyenv/versions/2.7.18/bin/python3",
    ].map((path) => join(root, path));
    for (const program of programs) {
      chmodSync(program, 0o755);
    }
    vi.stubEnv("PATH", `${join(root, "bin")}:${process.env["PATH"]}`);
    expect(await newestPython(root, 11)).toMatchObject({ program: "python3.27", minor: 27 });
    vi.stubEnv("PYENV_ROOT", join(root, "pyenv"));
    expect(await newestPython(root, 11)).toEqual({ program: programs[2], minor: 28 });
    expect(await newestPython(root, 28)).toBeUndefined();
  });
});

/** @param {string} text */
function version(text) {
  return `#!/bin/sh\necho Python ${text}\n`;
}
