#!/usr/bin/env node
import { protocGenAmeide } from "@ameideio/protoc-gen-ameide/plugins";
import { runNodeJs } from "@bufbuild/protoplugin";

runNodeJs(protocGenAmeide);
