export * from "@ameideio/core-proto/ameide/policy/v1";
