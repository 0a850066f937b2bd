/** Another interpreter, and where its environment is. */
export interface PythonOptions {
  /** Default: `python3`. */
  readonly python?: string;
  /** Default: `venv`. */
  readonly name?: string;
}

/**
 * Ensures that the environment of the Python lanes exists, and gives the folder of its programs.
 *
 * @param root - Root of the repository.
 * @throws MissingTool when there is no Python, or one that is too old.
 * @throws Error when pip fails.
 */
export function pythonEnvironment(root: string, options?: PythonOptions): Promise<string>;
