export * from "@ameideio/core-proto/ameide/meter/v1";
