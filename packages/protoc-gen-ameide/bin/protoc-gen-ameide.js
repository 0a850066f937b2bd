#!/usr/bin/env node
import { runNodeJs } from "@bufbuild/protoplugin";
import { protocGenAmeide } from "../dist/plugin.js";

runNodeJs(protocGenAmeide);
