#!/usr/bin/env node
import { protocGenAmeideGo } from "@ameideio/protoc-gen-ameide/plugins";
import { runNodeJs } from "@bufbuild/protoplugin";

runNodeJs(protocGenAmeideGo);
