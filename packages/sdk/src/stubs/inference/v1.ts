export * from "@ameideio/core-proto/ameide/inference/v1";
