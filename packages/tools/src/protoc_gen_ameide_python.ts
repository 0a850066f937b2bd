#!/usr/bin/env node
import { protocGenAmeidePython } from "@ameideio/protoc-gen-ameide/plugins";
import { runNodeJs } from "@bufbuild/protoplugin";

runNodeJs(protocGenAmeidePython);
