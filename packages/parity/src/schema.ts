/** Schema, with its version, of all that the gate reads and writes. */
export const SCHEMA = "ameide.parity.v1";
