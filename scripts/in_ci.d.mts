/** Whether this is an unattended run, where nothing may be left out quietly. */
export function inCi(): boolean;
