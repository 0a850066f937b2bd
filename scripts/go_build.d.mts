/**
 * Builds a Go program of the workspace. One that is current is not linked again.
 *
 * @param source - Its folder.
 * @param target - Path of the program.
 * @param pattern - Of packages that are linked, too.
 * @throws MissingTool when there is no Go.
 * @throws Error with what Go said, when it could not build it.
 */
export function goBuild(source: string, target: string, pattern?: string): Promise<void>;
