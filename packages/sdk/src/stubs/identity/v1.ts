export * from "@ameideio/core-proto/ameide/identity/v1";
