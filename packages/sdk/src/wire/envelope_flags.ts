/** Bytes of an envelope's head: flags, and the length of its content. */
export const HEAD_BYTES = 5;
/** Flag of an envelope whose content is compressed. */
export const COMPRESSED = 0b0000_0001;
/** Marks the end of a stream in the Connect protocol. */
export const END_STREAM = 0b0000_0010;
/** Marks the trailers in the gRPC-Web protocol. */
export const TRAILERS = 0b1000_0000;
