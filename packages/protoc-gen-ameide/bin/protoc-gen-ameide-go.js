#!/usr/bin/env node
import { runNodeJs } from "@bufbuild/protoplugin";
import { protocGenAmeideGo } from "../dist/plugin_go.js";

runNodeJs(protocGenAmeideGo);
