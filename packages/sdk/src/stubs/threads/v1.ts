export * from "@ameideio/core-proto/ameide/threads/v1";
